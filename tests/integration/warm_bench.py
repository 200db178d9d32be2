"""An engine with warm providers over units with real AWS resources, and the emulated AWS they stand in.

The jobs of one bench are those of one run of flowops, until `next_run`.

As a program, `python -m tests.integration.warm_bench ROOT` applies a sandbox as flowops does, signals included.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from flowops.adapters.engine import TerragruntEngine
from flowops.adapters.process import Processes
from flowops.adapters.project import load_config
from flowops.adapters.providers.places import Places
from flowops.adapters.providers.warm import SharedProviders
from flowops.adapters.shim import LANE, read_calls
from flowops.adapters.signals import Interrupts
from flowops.adapters.unsaved_states import UnsavedStates
from flowops.app.tools import toolchain
from flowops.model.changes import Plan
from flowops.model.deployment import LOCK_FILE, Unit
from flowops.model.evidence import Evidence, applied
from flowops.model.job import Job, Step
from flowops.model.run import Outcome
from flowops.model.terraform_call import TerraformCall
from flowops.model.users import NewKey
from tests.integration.child_processes import await_true
from tests.integration.emulated_aws import DEV, REGION, Cloud, running
from tests.integration.tools import Tools
from tests.sandbox import Sandbox

PROJECT = Path(__file__).parents[2]
_LOCK = PROJECT / "deployments" / "aws" / "non-prod" / "eu-central-1" / "dev" / "foundation" / "vpc" / LOCK_FILE
_SETTINGS = "warm.json"
_CONNECTED = "03"


def aws_provider(region: str = REGION, alias: str = "") -> str:
    """Return a configuration of the AWS provider."""
    name = f'alias = "{alias}"' if alias else ""
    return f'\nprovider "aws" {{\n  region = "{region}"\n  {name}\n}}\n'


def parameter(name: str, value: str = '"hello"', *, more: str = "") -> str:
    """Return an SSM parameter, the cheapest of all resources; `value` is an expression."""
    lines = (f'name = "/warm/{name}"', 'type = "String"', f"value = {value}", more)
    text = "\n  ".join(lines)
    return f'\nresource "aws_ssm_parameter" "{name}" {{\n  {text}\n}}\n'


class AwsUnits(Sandbox):
    """Units with the AWS provider and the lock file that ours have."""

    def aws(self, path: str, text: str, *, provider: str = aws_provider(), depends: str = "") -> Unit:
        """Write one unit with these resources."""
        unit = self.unit(path, more=provider + text, depends=depends)
        shutil.copyfile(_LOCK, self.folder(unit) / LOCK_FILE)
        return unit

    def edit(self, unit: Unit, before: str, after: str) -> None:
        """Change a unit's text, as somebody does between two runs."""
        file = self.folder(unit) / "main.tf"
        text = file.read_text()
        assert before in text
        file.write_text(text.replace(before, after))

    def hook(self, unit: Unit, command: str, script: str) -> None:
        """Let terragrunt run a script in the unit's working copy before a terraform command."""
        commands, execute = f'commands = ["{command}"]', json.dumps(["sh", "-c", script])
        self._for_terraform(unit, f'before_hook "late" {{\n    {commands}\n    execute  = {execute}\n  }}')

    def variables(self, unit: Unit, **variables: str) -> None:
        """Let terragrunt give the unit's terraform environment variables of its own."""
        given = ", ".join(f'{name} = "{value}"' for name, value in variables.items())
        commands = "commands = get_terraform_commands_that_need_vars()"
        self._for_terraform(unit, f'extra_arguments "own" {{\n    {commands}\n    env_vars = {{ {given} }}\n  }}')

    def _for_terraform(self, unit: Unit, block: str) -> None:
        file = self.folder(unit) / "terragrunt.hcl"
        file.write_text(f"{file.read_text()}\nterraform {{\n  {block}\n}}\n")

    def folder(self, unit: Unit) -> Path:
        """Return where a unit lies."""
        return self.deployments / unit.path


@dataclass(frozen=True)
class World:
    """An emulated AWS, the real binaries, and where warm providers of the tests lie. `runtime` is short and private."""

    cloud: Cloud
    tools: Tools
    runtime: Path
    schemas: Path

    def env(self, account: str = DEV, url: str = "") -> dict[str, str]:
        """Return the environment of terragrunt and terraform as an administrator of an account."""
        keys = self._keys(account)
        return {
            **self.tools.environment,
            "AWS_ENDPOINT_URL": url or self.cloud.endpoint.url,
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str, account: str = DEV, region: str = REGION) -> Any:
        """Return a client of the emulated AWS, past terraform's back."""
        keys = self._keys(account)
        return boto3.client(
            service,
            endpoint_url=self.cloud.endpoint.url,
            region_name=region,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
        )

    def parameters(self, region: str = REGION) -> set[str]:
        """Return the names of the parameters that stand in AWS."""
        pages = self.client("ssm", DEV, region).get_paginator("describe_parameters").paginate()
        return {it["Name"].rpartition("/")[2] for page in pages for it in page["Parameters"]}

    def delete_parameters(self) -> None:
        """Delete every parameter, past terraform's back."""
        ssm = self.client("ssm")
        for name in self.parameters():
            ssm.delete_parameter(Name=f"/warm/{name}")

    def _keys(self, account: str) -> NewKey:
        self.cloud.client("sts", account)  # makes the administrator
        return self.cloud.administrators[account]

    def providers(self) -> list[int]:
        """Return the pids of the warm providers that live now."""
        return [pid for pid in self.processes() if is_provider(pid)]

    def pools(self) -> list[int]:
        """Return the pids of the processes that share them."""
        return [pid for pid in self.processes() if not is_provider(pid)]

    def connections(self) -> int:
        """Return how many connections terraforms have to lanes now."""
        sockets = (line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:])
        connected = (Path(it[7]) for it in sockets if len(it) == 8 and it[5] == _CONNECTED)
        return sum(self.runtime in it.parents and it.name.isdigit() for it in connected)

    def processes(self) -> list[int]:
        """Return the pids of all processes that were told of the runtime folder, but for terraform and terragrunt."""
        found = (int(it.name) for it in Path("/proc").iterdir() if it.name.isdigit())
        return sorted(pid for pid in found if self._is_ours(pid))

    def _is_ours(self, pid: int) -> bool:
        try:
            argv = Path(f"/proc/{pid}/cmdline").read_bytes()
            env = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            return False
        place = os.fsencode(self.runtime)
        return place in argv or any(it.startswith(b"PLUGIN_UNIX_SOCKET_DIR=" + place) for it in env)


def comparable(plan: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a plan what differs between any two plans of the same: when it was made, and an order of chance."""
    del plan["timestamp"]
    plan.get("relevant_attributes", []).sort(key=str)
    return plan


def is_provider(pid: int) -> bool:
    """Say whether a process is a provider of terraform's; one that is gone is none."""
    try:
        return b"terraform-provider-" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@contextmanager
def warm_world(folder: Path, tools: Tools) -> Iterator[World]:
    """Run an emulated AWS; whatever was started in it must have ended when the block does."""
    with running(folder / "aws") as cloud, tempfile.TemporaryDirectory(prefix="warm-") as runtime:
        world = World(cloud, tools, Path(runtime), folder / "schemas")
        yield world
        await_true(lambda: world.processes() == [], "the end of every pool and provider")


class WarmBench:
    """An engine with warm providers over a sandbox, and its jobs numbered. `env` is that of every child."""

    def __init__(self, root: Path, tools: Tools, runtime: Path, schemas: Path, env: Mapping[str, str]) -> None:
        self.sandbox = AwsUnits(root)
        self.interrupts = Interrupts()
        self.said: list[str] = []
        self.number = 0
        self.job: Job | None = None
        places = Places(
            python=Path(sys.executable),
            deployments=self.sandbox.deployments.resolve(),
            modules=root / "terraform-modules",
            runtime=runtime,
            schemas=schemas,
            binary=toolchain(load_config(PROJECT), os.environ, Processes(), print).provider_program,
            linger=5,
        )
        self._tools, self._places, self._env = tools, places, env
        self._begin()

    def _begin(self) -> None:
        self.warm = SharedProviders(Processes(), self._places, os.environ, self._say)
        self.engine = TerragruntEngine(
            Processes(),
            terragrunt=self._tools.terragrunt,
            terraform=self._tools.terraform,
            python=Path(sys.executable),
            deployments=self.sandbox.deployments,
            env=self._env,
            interrupts=self.interrupts,
            say=self._say,
            unsaved=UnsavedStates(self.sandbox.root),
            warm=self.warm,
        )

    @classmethod
    def at(cls, root: Path, world: World, *, url: str = "") -> WarmBench:
        """Return a bench in a world, its AWS reached at `url`."""
        return cls(root, world.tools, world.runtime, world.schemas, world.env(url=url))

    def _say(self, line: str) -> None:
        self.said.append(line)

    def run(
        self,
        step: Step,
        *units: Unit,
        warm: bool = True,
        saved: tuple[Plan, ...] = (),
        env: Mapping[str, str] | None = None,
        types: frozenset[str] = frozenset(),
    ) -> dict[str, Evidence]:
        """Do one job and return each unit's evidence by its name."""
        self.number += 1
        run = self.sandbox.root / "run"
        run.mkdir(exist_ok=True)
        chosen = units or tuple(self.sandbox.units.values())
        folder = run / str(self.number)
        self.job = Job(step, self.sandbox.environment, chosen, folder, run / "drain", 4, saved, warm=warm, types=types)
        return {it.unit.name: it for it in self.engine.run(self.job, env or {})}

    def warmed(self) -> set[str]:
        """Return the names of the units that had warm providers in the last job, and were not done again."""
        assert self.job is not None
        again = {call.unit_dir for call in read_calls(self.job.folder / "ordinary" / "calls")}
        given = [unit for unit in self.job.units if self.attached(unit)]
        return {unit.name for unit in given if self.sandbox.folder(unit) not in again}

    def attached(self, unit: Unit) -> set[str]:
        """Return the sources of the providers that were shared with a unit in the last job."""
        assert self.job is not None
        lane = Path(f"{self.job.folder / 'lanes'}{self.sandbox.deployments.resolve()}/{unit.path}", LANE)
        return set(json.loads(lane.read_text())) if lane.exists() else set()

    def plan_json(self, unit: Unit) -> dict[str, Any]:
        """Return what the last job planned for a unit, as terraform shows it."""
        assert self.job is not None
        found: dict[str, Any] = json.loads((self.job.json_folder / self.job.name(unit) / "tfplan.json").read_bytes())
        return found

    def calls(self) -> tuple[TerraformCall, ...]:
        """Return terraform's calls of the job that runs now or ran last."""
        return read_calls(self.job.calls) if self.job else ()

    def close(self) -> None:
        """End the warm providers, as the end of a run does."""
        self.warm.close()

    def next_run(self) -> None:
        """Begin another run: what was learnt of single units is forgotten."""
        self.close()
        self._begin()


class OutspokenBench(WarmBench):
    """Prints what it is told, for those who read it from outside."""

    def _say(self, line: str) -> None:
        print(line, flush=True)


def write_settings(root: Path, world: World, *, url: str = "") -> None:
    """Write down what the program below needs to know."""
    settings = {
        "terragrunt": str(world.tools.terragrunt),
        "terraform": str(world.tools.terraform),
        "runtime": str(world.runtime),
        "schemas": str(world.schemas),
        "env": world.env(url=url),
    }
    (root / _SETTINGS).write_text(json.dumps(settings))


def main(root: Path) -> int:
    """Apply the whole sandbox as flowops does and return flowops' code for the signals it got."""
    settings = json.loads((root / _SETTINGS).read_text())
    tools = Tools(Path(settings["terraform"]), Path(settings["terragrunt"]))
    bench = OutspokenBench(root, tools, Path(settings["runtime"]), Path(settings["schemas"]), settings["env"])
    with bench.engine.watch():
        for it in bench.run(Step.APPLY).values():
            print(*applied(it, Outcome.APPLIED), flush=True)
    return int(bench.engine.interrupted)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
