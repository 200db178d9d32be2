"""The direction of imports, the homes of libraries, and what stands nowhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "flowops"
FILES = sorted(PACKAGE.rglob("*.py"))

MAY_IMPORT = {
    "errors": set(),
    "atomic_file": set(),
    "model": {"errors"},
    "operations": {"model", "errors"},
    "adapters": {"model", "errors", "atomic_file"},
    "rehearsal": {"model", "errors", "atomic_file"},
    "emulated_aws": {"adapters", "rehearsal"},
    "app": {"operations", "adapters", "rehearsal", "model", "errors", "atomic_file"},
    "names": {"adapters", "model", "errors"},
    "cli": {"app", "names", "operations", "model", "errors"},
    "__main__": {"cli"},
}

HOMES = {
    "boto3": ("adapters/aws/", "rehearsal/"),
    "botocore": ("adapters/aws/", "rehearsal/"),
    "click": ("cli/",),
    "grpc": ("adapters/providers/",),
    "hcl2": ("adapters/hcl.py",),
    "jinja2": ("adapters/rendering.py", "adapters/template_hcl.py"),
    "jsonschema": ("adapters/chart_schema.py",),
    "lark": ("adapters/hcl.py", "adapters/hcl_expressions.py"),
    "moto": ("rehearsal/",),
    "platformdirs": ("app/",),
    "pydantic": ("model/config.py", "model/rules_config.py", "model/drift/rules_config.py", "adapters/project.py"),
    "python_terraform": ("adapters/terraform.py",),
    "referencing": ("adapters/chart_schema.py",),
    "rich": ("cli/view/",),
    "segno": ("cli/view/",),
    "sh": ("adapters/process.py",),
    "werkzeug": ("rehearsal/",),
    "yaml": (
        "adapters/chart_schema.py",
        "adapters/config_file.py",
        "adapters/helm_releases.py",
        "adapters/yaml_edit.py",
        "adapters/yaml_file.py",
        "cli/view/",
        "rehearsal/",
    ),
}


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield str(node.module)
            if node.module == "flowops":
                yield from (f"flowops.{alias.name}" for alias in node.names)


def area(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_go_one_way(file: Path) -> None:
    own = area(file)
    for name in imports(file):
        parts = name.split(".")
        if parts[0] != "flowops" or len(parts) == 1 or parts[1] in (own, "__version__"):
            continue
        assert parts[1] in MAY_IMPORT[own], f"{own} may not import {name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_each_library_stays_at_home(file: Path) -> None:
    place = str(file.relative_to(PACKAGE))
    for name in imports(file):
        homes = HOMES.get(name.split(".")[0])
        assert homes is None or place.startswith(homes), f"{place} imports {name}; its home is {homes}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_second_door_to_processes_and_no_writes_to_the_environment(file: Path) -> None:
    assert "subprocess" not in {name.split(".")[0] for name in imports(file)}
    for node in ast.walk(ast.parse(file.read_text())):
        written = node.targets if isinstance(node, ast.Assign | ast.Delete) else ()
        assert not any("os.environ" in ast.unparse(it) for it in written), f"line {node.lineno} writes os.environ"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"os.system", "os.chdir", "os.popen", "os.putenv", "os.environ.update"}, called


def test_no_module_imports_itself_through_others() -> None:
    edges = {_module(file): {it for it in imports(file) if it.startswith("flowops.")} for file in FILES}
    names = set(edges)
    left = {name: {it for it in needs if it in names and it != name} for name, needs in edges.items()}
    while ready := {name for name, needs in left.items() if not needs}:
        left = {name: needs - ready for name, needs in left.items() if name not in ready}
    assert not left, f"an import circle is among {sorted(left)}"


def _module(file: Path) -> str:
    parts = ("flowops", *file.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
