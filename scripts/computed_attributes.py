"""Write flowops/data/drift/computed.json: which attributes of AWS resources only AWS sets, by the provider's schema.

`python scripts/computed_attributes.py PATH`, with the terraform and the provider that the project pins. Attributes that
the code may set as well are left out.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from flowops.adapters.process import Processes
from flowops.adapters.project import load_config
from flowops.adapters.toolchain import AWS_PROVIDER
from flowops.app.tools import terraform_environment, toolchain

PROJECT = Path(__file__).parents[1]
_UNIT = """\
terraform {{
  required_providers {{
    aws = {{ source = "{source}", version = "{version}" }}
  }}
}}
"""


def main(path: Path) -> None:
    """Write the table into `path`."""
    path.write_text(json.dumps(computed_attributes(), indent=0, sort_keys=True) + "\n")


def computed_attributes() -> dict[str, Any]:
    """Return the provider's version, and for each resource type the attributes that only AWS sets."""
    processes = Processes()
    tools = toolchain(load_config(PROJECT), os.environ, processes, lambda line: print(line, file=sys.stderr))
    tools.install()
    terraform, env = str(tools.require("terraform")), terraform_environment(tools, os.environ)
    with tempfile.TemporaryDirectory() as name:
        unit = Path(name)
        (unit / "main.tf").write_text(_UNIT.format(source=AWS_PROVIDER.address, version=AWS_PROVIDER.version))
        for words in (["init", "-input=false"], ["providers", "schema", "-json"]):
            done = processes.run([terraform, *words], env=env, cwd=unit, timeout=300)
            if not done.succeeded:
                raise SystemExit(done.stderr)
    (provider,) = json.loads(done.stdout)["provider_schemas"].values()
    types = {name: _computed(schema["block"]) for name, schema in provider["resource_schemas"].items()}
    return {"provider": AWS_PROVIDER.version, "computed": {name: found for name, found in types.items() if found}}


def _computed(block: dict[str, Any]) -> str:
    attributes = block.get("attributes", {}).items()
    return " ".join(sorted(name for name, it in attributes if it.get("computed") and not it.get("optional")))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
