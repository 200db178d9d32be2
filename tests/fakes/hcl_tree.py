"""A project's HCL in memory, read with the real grammar, and facts that say their own name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from flowops.adapters.hcl import parse_hcl
from flowops.adapters.hcl_json import parse_json
from flowops.model.hcl import Body, File
from flowops.model.provenance.chain import Answer, Fact, Kind, Known, Step, Surroundings
from flowops.model.provenance.inputs import explain

ROOT = PurePosixPath("/project")
UNIT = "aws/dev/app/api"
MODULE = """
variable "name" {}
variable "size" { default = 3 }
variable "zones" { default = [] }
"""


class FakeTree:
    """Files by their path below the project."""

    root = ROOT

    def __init__(self, files: Mapping[str, str]) -> None:
        texts = {ROOT / path: text for path, text in files.items()}
        self._files = {path: File(path, _parse(path, text)) for path, text in texts.items()}

    def has(self, path: PurePosixPath) -> bool:
        return path in self._files

    def hcl(self, path: PurePosixPath) -> File | None:
        return self._files.get(path)

    def template(self, path: PurePosixPath) -> File | None:
        return None

    def terraform_files(self, folder: PurePosixPath) -> tuple[PurePosixPath, ...]:
        return tuple(it for it in self._files if it.parent == folder and it.name.endswith((".tf", ".tf.json")))


def _parse(path: PurePosixPath, text: str) -> Body:
    return (parse_json if path.suffix == ".json" else parse_hcl)(Path(path), text)


class FakeFacts:
    """Facts whose value is their name."""

    def fact(self, template: PurePosixPath, name: tuple[str, ...]) -> Fact | None:
        dotted = ".".join(name)
        return Fact(Known(dotted), Step(Kind.STACK_OUTPUT, "flowops.lock", 1, dotted))


def why(name: str, unit: str, *, environment: Mapping[str, str] | None = None, **files: str) -> Answer:
    """Return where an input of the unit dev/app/api comes from; `files` are root, env, module, override and json.

    `source` is what the unit says of its module, `database` what stands in the other unit.
    """
    module = 'terraform {\n  source = "%s"\n}\n'
    modules = "../../../../modules//"
    texts = {
        f"{UNIT}/terragrunt.hcl": unit + "\n" + module % files.get("source", f"{modules}api"),
        "aws/root.hcl": files.get("root", ""),
        "aws/dev/env.hcl": files.get("env", ""),
        "modules/api/variables.tf": files.get("module", MODULE),
        "modules/api/size_override.tf": files.get("override", ""),
        "modules/api/more.tf.json": files.get("json", "{}"),
        "aws/dev/app/database/terragrunt.hcl": files.get("database", "") + "\n" + module % f"{modules}database",
        "modules/database/outputs.tf": 'output "url" {\n  value = aws_db.this.url\n}\n',
    }
    units = {ROOT / UNIT: "dev/app/api", ROOT / "aws/dev/app/database": "dev/app/database"}
    around = Surroundings(
        FakeTree(texts), FakeFacts(), units, environment or {}, frozenset({"TF_VAR_name", "SHELL_ONLY"})
    )
    return explain("dev/app/api", name, around)
