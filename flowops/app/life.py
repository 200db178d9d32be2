"""The stages of a whole life, done with the same workbench that single commands use."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from flowops.adapters.aws.errors import AwsDenied
from flowops.adapters.aws.resources import is_leaving, tagged, workload_roles
from flowops.adapters.aws.stack_drift import drifted
from flowops.app.standing import StandingRehearsal, quick_pause
from flowops.app.workbench import Workbench
from flowops.errors import Exit, OperationFailed
from flowops.model.access import Access
from flowops.model.bootstrap import StackOutcome
from flowops.model.changes import Plan
from flowops.model.config import SECURITY
from flowops.model.leftovers import Standing, leftovers
from flowops.model.rendering import RenderState
from flowops.model.run import Outcome, Run, RunRequest, Verb, WarmProviders
from flowops.model.stacks import account_id, stack_names
from flowops.operations.rehearse import Finding


class LifeOfEnvironment:
    """One environment, or one layer of it, from empty accounts and back. Each stage builds on those before it."""

    def __init__(
        self,
        standing: StandingRehearsal,
        bench: Callable[[], Workbench],
        environment: str,
        layer: str | None,
        *,
        parallelism: int | None,
        warm_providers: WarmProviders,
    ) -> None:
        self._standing, self._open = standing, bench
        self._environment, self._layer, self._parallelism = environment, layer, parallelism
        # Nothing is lost here when an apply is cut short, and all of it is faster.
        self._warm = WarmProviders.ALWAYS if warm_providers is WarmProviders.AUTO else warm_providers

    @cached_property
    def _bench(self) -> Workbench:
        return self._open()

    def accounts(self) -> Finding:
        """Start the emulated AWS and create the accounts of its organization."""
        names = self._bench.site.config.accounts
        listed = tuple(f"{name} {account_id(self._bench.site.config, name)}" for name in names)
        return Finding(f"{len(listed)} empty accounts at {self._standing.running().url}", listed=listed)

    def bootstrap(self) -> Finding:
        """Run the bootstrap twice; the second one must change nothing."""
        first = self._bench.bootstrap((), (), yes=True)
        stacks = tuple(f"{it.account}/{it.stack} {it.outcome.value}" for it in first.stacks)
        if first.exit_code is not Exit.FINE:
            failed = [it.error.happened for it in first.stacks if it.error] + [it.happened for it in first.problems]
            return Finding(f"{len(stacks)} stacks", "; ".join(failed), stacks)
        again = self._bench.bootstrap((), (), yes=True)
        changed = [it.stack for it in again.stacks if it.outcome is not StackOutcome.UNCHANGED]
        trouble = f"a second bootstrap changed {', '.join(changed)}" if changed else ""
        return Finding(f"{len(stacks)} stacks made; a second bootstrap changes nothing", trouble, stacks)

    def operator(self) -> Finding:
        """Create the operator with MFA; it may become this environment's roles and no other environment's."""
        config = self._bench.site.config
        security = self._bench.in_account(account_id(config, SECURITY))
        operator = self._standing.create_operator(security, (self._environment,))
        environment = self._bench.deployment.environment(self._environment)
        folder = self._standing.workspace.root / "operator"
        listed = [self._bench.cloud.act(environment, access, folder).arn for access in Access]
        others = [name for name, it in config.environments.items() if it.account != environment.account]
        refused = [self._refusal(name, folder) for name in others]
        trouble = "" if all(refused) else f"the operator of {self._environment} may act in another environment"
        known = (
            f"{operator.user} with MFA may become {len(listed)} roles, and is refused {len(others)} other account(s)"
        )
        return Finding(known, trouble, (*listed, *refused))

    def _refusal(self, environment: str, folder: Path) -> str:
        """Return why the operator may not deploy in another environment, empty where it may."""
        other = self._bench.deployment.environment(environment)
        try:
            self._bench.cloud.act(other, Access.WRITE, folder)
        except AwsDenied as error:
            return f"{environment}: {error.happened}"
        return ""

    def render(self) -> Finding:
        """Render; nothing may be stale afterwards."""
        files = self._bench.render().files
        stale = self._bench.render(check=True).of(RenderState.STALE)
        here = [it for it in files if it.state is not RenderState.SKIPPED]
        trouble = "" if here and not stale else "files are stale, or none was rendered"
        return Finding(f"{len(here)} files rendered, none stale", trouble, tuple(str(it.path) for it in here))

    def apply(self) -> Finding:
        """Apply; every unit must be applied."""
        run = self._run(Verb.APPLY)
        selection = self._bench.selected(self._environment, self._layer)
        states = self._bench.cloud.states(selection.environment, selection.units)
        resources = sum(state.resources for state in states.values() if state)
        trouble = _trouble(run, Outcome.APPLIED)
        if not trouble and not resources:
            trouble = "no state holds a resource"
        return Finding(f"{len(run.units)} units, {resources} resources", trouble, _units(run), _code(run))

    def second_plan(self) -> Finding:
        """Plan again; it must be empty."""
        run = self._run(Verb.PLAN)
        changes = [plan.address(it) for plan in _plans(run) for it in plan.resource_changes]
        outputs = [f"{plan.unit.id} {name}" for plan in _plans(run) for name in plan.changed_outputs]
        found = ", ".join(changes + outputs)
        return Finding("no changes", _trouble(run, Outcome.PLANNED) or found, _units(run), _code(run))

    def drift_check(self) -> Finding:
        """Look for drift beside terraform: in the bootstrap stacks and in the rendered files; there must be none."""
        config = self._bench.site.config
        names = [(account, stack) for account in config.accounts for stack in stack_names(config, account)]
        found = [f"{account}/{stack} {it}" for account, stack in names for it in self._drift_of(account, stack)]
        stale = [str(it.path) for it in self._bench.render(check=True).of(RenderState.STALE)]
        return Finding(f"{len(names)} stacks as their templates say, no stale file", ", ".join(found + stale))

    def _drift_of(self, account: str, stack: str) -> tuple[str, ...]:
        session = self._bench.in_account(account_id(self._bench.site.config, account))
        return drifted(session, stack, sleep=quick_pause)

    def listing(self) -> Finding:
        """List network, cluster and states through the `aws` command line; all must be there."""
        vpcs = self._aws(
            "ec2", "describe-vpcs", "--filters", f"Name=tag:flowops:environment,Values={self._environment}"
        )
        clusters = self._aws("eks", "list-clusters")["clusters"]
        bucket = f"{self._bench.site.config.project}-terraform-state-{account_id(self._bench.site.config, SECURITY)}"
        environment = self._bench.deployment.environment(self._environment)
        prefix = f"{account_id(self._bench.site.config, environment.account)}/"
        objects = self._aws("s3api", "list-objects-v2", "--bucket", bucket, "--prefix", prefix).get("Contents", [])
        states = [it["Key"] for it in objects if it["Key"].endswith("terraform.tfstate")]
        networks = [it["VpcId"] for it in vpcs["Vpcs"]]
        listed = (*networks, *clusters, *states)
        missing = [name for name, found in (("VPC", networks), ("cluster", clusters), ("state", states)) if not found]
        trouble = f"aws lists no {', no '.join(missing)}" if missing else ""
        summary = f"{len(networks)} VPC, {len(clusters)} cluster, {len(states)} states in s3://{bucket}"
        for line in listed:
            self._bench.console.note(f"aws lists {line}")
        return Finding(summary, trouble, listed)

    def destroy(self) -> Finding:
        """Destroy; every unit must be destroyed."""
        run = self._run(Verb.DESTROY)
        trouble = _trouble(run, Outcome.DESTROYED)
        return Finding(f"{len(run.units)} units destroyed", trouble, _units(run), _code(run))

    def sweep(self) -> Finding:
        """Look for what is left by tag, by role and by state; only what AWS itself keeps may be there."""
        config, selection = self._bench.site.config, self._bench.selected(self._environment, self._layer)
        account = selection.environment.account
        session = self._bench.in_account(account_id(config, account))
        of_layers = [
            it.arn
            for it in tagged(session, config.project, self._environment)
            if it.tags.get("flowops:layer") in selection.layers
        ]
        found = [Standing(arn, is_leaving(session, arn)) for arn in (*of_layers, *workload_roles(session))]
        left = leftovers(found, protected=selection.environment.protected)
        states = self._bench.cloud.states(selection.environment, selection.units)
        standing = [unit.id for unit, state in states.items() if state and state.resources]
        unexpected = [it.arn for it in left if not it.reason] + standing
        kept = [f"{it.arn}: {it.reason}" for it in left if it.reason]
        stacks = [f"{name}/{it}: a bootstrap stack" for name in config.accounts for it in stack_names(config, name)]
        for line in (*kept, *stacks):
            self._bench.console.note(f"kept: {line}")
        summary = f"{len(kept)} kept by AWS for a while, {len(stacks)} bootstrap stacks"
        trouble = f"left behind: {', '.join(unexpected)}" if unexpected else ""
        return Finding(summary, trouble, (*kept, *stacks))

    def _run(self, verb: Verb) -> Run:
        request = RunRequest(
            verb,
            self._environment,
            self._layer,
            yes=True,
            confirm=self._environment,
            allow_destroy=("*",),
            parallelism=self._parallelism,
            warm_providers=self._warm,
        )
        return self._bench.run(request)

    def _aws(self, *words: str) -> Mapping[str, Any]:
        """Return what the `aws` command line answers as the environment's deploy role."""
        tools = {name: self._bench.tools.require(name) for name in ("aws", "terraform")}
        environment = self._bench.environment()
        exports = self._standing.exports(self._bench.cloud, environment, tools)
        profile = f"{self._bench.site.config.operator.profile}-{self._environment}"
        argv = [str(tools["aws"]), "--profile", profile, "--output", "json", *words]
        # A home of its own: the aws command line keeps sessions below it.
        env = {**environment, **exports.variables, "HOME": str(self._standing.workspace.root)}
        done = self._bench.processes.run(argv, env=env, cwd=self._bench.site.project, timeout=120)
        if not done.succeeded:
            raise OperationFailed(f"aws {' '.join(words[:2])} failed: {done.stderr.strip()}", not_done="")
        answer: Mapping[str, Any] = json.loads(done.stdout or "{}")
        return answer


def _plans(run: Run) -> list[Plan]:
    return [it.plan for it in run.units if it.plan is not None]


def _trouble(run: Run, wanted: Outcome) -> str:
    wrong = [f"{it.unit.id} is {it.outcome.value} ({it.reason})" for it in run.units if it.outcome is not wanted]
    return "; ".join(wrong) if run.units else "no unit ran"


def _code(run: Run) -> Exit:
    """Return the code that a stage ends with when its run is not what it should be."""
    return run.exit_code if run.exit_code not in (Exit.FINE, Exit.CHANGES) else Exit.FAILED


def _units(run: Run) -> tuple[str, ...]:
    return tuple(f"{it.unit.id} {it.outcome.value} {it.seconds:.1f} s" for it in run.units)
