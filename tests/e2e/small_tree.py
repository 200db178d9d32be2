"""A project whose dev is four small units: SSM parameters, SNS topics and IAM roles, in two layers.

Backend, lock, lease, roles and tags are those of every project; only modules and units are the tests' own.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.conftest import copy_project

LAYER_OF = {"names": "foundation", "topics": "foundation", "roles": "foundation", "work": "app"}
READS = {"names": (), "topics": ("names",), "roles": ("names",), "work": ("topics", "roles")}
PREFIX = "small"

_LOCK = ".terraform.lock.hcl"
_VARIABLES = """
variable "texts" { type = list(string) }
variable "tags" { type = map(string) }
variable "permissions_boundary_arn" { type = string }
"""
_RESOURCES = {
    "names": f"""
locals {{
  names = %(names)s
}}

resource "aws_ssm_parameter" "this" {{
  for_each = toset(local.names)

  name           = "/{PREFIX}/${{each.key}}"
  type           = "String"
  insecure_value = "%(text)s"
  tags           = var.tags
}}

output "text" {{
  value = aws_ssm_parameter.this["kept"].insecure_value
}}
""",
    "topics": f"""
resource "aws_sns_topic" "this" {{
  for_each = toset(["first", "second"])

  name         = "{PREFIX}-${{each.key}}"
  display_name = join(" ", var.texts)
  tags         = var.tags
}}

output "text" {{
  value = aws_sns_topic.this["first"].display_name
}}
""",
    "roles": f"""
data "aws_iam_policy_document" "trust" {{
  statement {{
    actions = ["sts:AssumeRole"]

    principals {{
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }}
  }}
}}

data "aws_iam_policy_document" "may" {{
  statement {{
    actions   = ["sns:Publish"]
    resources = ["*"]
  }}
}}

resource "aws_iam_role" "this" {{
  name                 = "{PREFIX}"
  path                 = "/flowable/workload/"
  description          = join(" ", var.texts)
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  tags                 = var.tags
}}

resource "aws_iam_role_policy" "this" {{
  name   = "{PREFIX}"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.may.json
}}

output "text" {{
  value = aws_iam_role.this.description
}}
""",
    "work": f"""
resource "aws_ssm_parameter" "this" {{
  name           = "/{PREFIX}/work"
  type           = "String"
  insecure_value = join(" and ", var.texts)
  tags           = var.tags
}}

output "text" {{
  value = aws_ssm_parameter.this.insecure_value
}}
""",
}
_BEFORE = {"text": "hello", "names": '["gone", "kept"]'}
_AFTER = {"text": "goodbye", "names": '["kept", "new"]'}


class SmallTree:
    """The project's files, which a test may change as operators do."""

    def __init__(self, project: Path) -> None:
        self.project = copy_project(project)
        environment = project / "deployments" / "aws" / "non-prod" / "eu-central-1" / "dev"
        lock = (environment / "foundation" / "vpc" / _LOCK).read_bytes()
        for unit in environment.glob("*/*/terragrunt.hcl"):
            shutil.rmtree(unit.parent)
        for name, layer in LAYER_OF.items():
            folder = environment / layer / name
            folder.mkdir()
            (folder / "terragrunt.hcl").write_text(_unit(name))
            (folder / _LOCK).write_bytes(lock)
            (project / "terraform-modules" / name).mkdir()
        self.as_before()

    def as_before(self) -> None:
        """Let the tree say what it says at first."""
        self._write(_BEFORE)

    def changed(self) -> None:
        """Change a value that all units come to read; one resource is new then, and another no more there."""
        self._write(_AFTER)

    def _write(self, values: dict[str, str]) -> None:
        for name, text in _RESOURCES.items():
            file = self.project / "terraform-modules" / name / "main.tf"
            file.write_text(_VARIABLES + (text % values if name == "names" else text))


def _unit(name: str) -> str:
    dependencies = "".join(_dependency(it) for it in READS[name])
    texts = ", ".join(f"dependency.{it}.outputs.text" for it in READS[name])
    return f"""
include "root" {{
  path   = find_in_parent_folders("root.hcl")
  expose = true
}}

terraform {{
  source = "${{include.root.locals.modules}}//{name}"
}}
{dependencies}
inputs = {{
  texts = [{texts}]
}}
"""


def _dependency(name: str) -> str:
    return f"""
dependency "{name}" {{
  config_path                             = "../../{LAYER_OF[name]}/{name}"
  mock_outputs                            = {{ text = "mock-text" }}
  mock_outputs_allowed_terraform_commands = include.root.locals.mocks_serve
}}
"""
