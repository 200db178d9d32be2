"""More of the same: copies of dev's foundation, as further layers of the same environment in the same account.

`foundation2` is `foundation` once more, dependencies included, because these are relative paths; so is each further
one. What may not exist twice in an account gets a name of its own:

- nearly every name begins with the environment's suffix or the cluster's name: both are said anew in the layer's file,
  which root.hcl merges over env.hcl;
- the role of external-secrets is named for the environment in the module, because policies of the security account
  say that name. In the copies terragrunt generates a terraform override file that says another one, and the module
  stays as it is.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

ENVIRONMENT = "dev"
LAYER = "foundation"
CLUSTER = ("eks", "eks-components")
"""Units of which each layer more costs a Kubernetes of its own."""

UNITS = ("efs", *CLUSTER, "resource-group", "vpc")
FOLDER = Path("deployments/aws/non-prod/eu-central-1/dev")

_NAMES = """\
locals {{
  env_suffix   = "dev{number}"
  cluster_name = "flowable-dev{number}"

"""

_ROLE_NAMES = """
generate "role_names" {
  path      = "role_names_override.tf"
  if_exists = "overwrite_terragrunt"

  contents = <<-EOF
    resource "aws_iam_role" "component" {
      name = join("-", [var.cluster_name, each.key])
    }
  EOF
}
"""


def layer_names(count: int) -> list[str]:
    """Return the names of so many layers, the first of them the original."""
    return [LAYER, *(f"{LAYER}{number}" for number in range(2, count + 1))]


def add_layers(project: Path, count: int, *, clusters: bool = True) -> None:
    """Make the project have `count` layers in dev, all of them foundations; those that are there stay as they are.

    Without `clusters` a layer has three units: 40 control planes would be what is measured.
    """
    for name in () if clusters else CLUSTER:
        shutil.rmtree(project / FOLDER / LAYER / name, ignore_errors=True)
    for other in (project / "deployments").glob("aws/*/*/*/app"):
        shutil.rmtree(other)
    for number, name in enumerate(layer_names(count), start=1):
        if not (project / FOLDER / name).exists():
            _copy_layer(project / FOLDER, name, number)
    config = project / "flowops.yaml"
    config.write_text(_replaced(r"^layers:.*$", f"layers: [{', '.join(layer_names(count))}]", config.read_text()))


def _copy_layer(environment: Path, name: str, number: int) -> None:
    folder = environment / name
    shutil.copytree(environment / LAYER, folder)
    template = (folder / f"{LAYER}.hcl.j2").rename(folder / f"{name}.hcl.j2")
    template.write_text(_replaced(r"\Alocals \{\n", _NAMES.format(number=number), template.read_text()))
    components = folder / "eks-components" / "terragrunt.hcl"
    if components.exists():
        with components.open("a") as unit:
            unit.write(_ROLE_NAMES)


def _replaced(pattern: str, new: str, text: str) -> str:
    """Return `text` with the only place that matches replaced; ValueError where there is none, or are several."""
    replaced, count = re.subn(pattern, lambda _found: new, text, flags=re.MULTILINE)
    if count != 1:
        raise ValueError(f"{pattern!r} fits {count} places: the project has changed, and this benchmark has not")
    return replaced
