"""The stages of a whole life, done with the same workbench that single commands use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from flowops.adapters.aws.resources import left_of
from flowops.app.by_hand import ByHand
from flowops.app.drift import check_drift
from flowops.app.stands import Stand
from flowops.app.workbench import Workbench
from flowops.errors import Exit, FlowopsError
from flowops.model.bootstrap import StackOutcome
from flowops.model.changes import Plan
from flowops.model.config import SECURITY
from flowops.model.deployment import Unit
from flowops.model.drift.request import DriftRequest
from flowops.model.drift.result import Status
from flowops.model.leftovers import Leftover, leftovers
from flowops.model.life import Finding, Timed
from flowops.model.pods import Rollout
from flowops.model.rendering import RenderState
from flowops.model.run import Outcome, Run, RunRequest, Verb, WarmProviders
from flowops.model.stacks import account_id, stack_names
from flowops.model.state import UnitState
from flowops.model.tags import ENVIRONMENT_TAG

EXTERNAL_SECRETS = "externalsecrets.external-secrets.io"


class LifeOfEnvironment:
    """One environment, or one layer of it, from empty accounts and back. Each stage builds on those before it."""

    def __init__(
        self,
        stand: Stand,
        environment: str,
        layer: str | None,
        *,
        parallelism: int | None,
        warm_providers: WarmProviders,
    ) -> None:
        self._stand = stand
        self._environment, self._layer, self._parallelism = environment, layer, parallelism
        self._warm = warm_providers
        self._by_hand = ByHand(lambda: self._bench, environment, stand.by_hand)

    @cached_property
    def _bench(self) -> Workbench:
        return self._stand.open()

    def accounts(self) -> Finding:
        """Reach the accounts, made first where they are emulated."""
        return self._stand.accounts(self._bench)

    def bootstrap(self) -> Finding:
        """Run the bootstrap twice; the second one must change nothing."""
        first = self._stand.bootstrap(self._bench)
        stacks = tuple(f"{it.account}/{it.stack} {it.outcome.value}" for it in first.stacks)
        if first.exit_code is not Exit.FINE:
            failed = [it.error.happened for it in first.stacks if it.error] + [it.happened for it in first.problems]
            return Finding(f"{len(stacks)} stacks", "; ".join(failed) or "it was not done", stacks, first.exit_code)
        again = self._stand.bootstrap(self._bench)
        changed = [it.stack for it in again.stacks if it.outcome is not StackOutcome.UNCHANGED]
        trouble = f"a second bootstrap changed {', '.join(changed)}" if changed else ""
        made = sum(it.outcome is not StackOutcome.UNCHANGED for it in first.stacks)
        summary = f"{made} of {len(stacks)} stacks made; a second bootstrap changes nothing"
        return Finding(summary, trouble, stacks)

    def operator(self) -> Finding:
        """Become each role of the environment, as its operator."""
        return self._stand.operator(self._bench, self._environment)

    def secrets(self) -> Finding:
        """Look as the operator for the secrets that the environment needs."""
        return self._stand.secrets(self._bench, self._environment, self._layer)

    def checks(self) -> Finding:
        """Look for what will keep an apply from becoming green: ids, quotas, offers."""
        return self._stand.checks(self._environment)

    def nothing_stands(self) -> Finding:
        """Look at states and tags; nothing of what will be made may be there."""
        standing = [f"{unit.id} stands" for unit in self._standing()]
        tagged = [f"{it.arn} is there" for it in self._left() if not it.reason]
        return Finding("no state and no tag tells of anything", "; ".join([*standing, *tagged]), exit_code=Exit.REFUSED)

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
        resources = sum(state.resources for state in self._states().values() if state)
        trouble = _trouble(run, Outcome.APPLIED)
        if trouble:
            trouble = "; ".join((trouble, *self._unready()))
        elif not resources:
            trouble = "no state holds a resource"
        return Finding(f"{len(run.units)} units, {resources} resources", trouble, _listed(run), _code(run), _timed(run))

    def _unready(self) -> tuple[str, ...]:
        """Return what in the clusters may be why an apply failed: a chart waits for its pods in vain."""
        try:
            return tuple(it for cluster in self._clusters() for it in self._look_into(cluster).troubles)
        except FlowopsError as error:
            return (f"the cluster cannot be asked: {error.happened}",)

    def rollout(self) -> Finding:
        """Ask each cluster whether what was installed runs: every pod Ready, every secret there."""
        found = [self._look_into(cluster) for cluster in self._clusters()]
        names = sorted({name for it in found for name in it.namespaces})
        ready, secrets = sum(it.pods for it in found), sum(it.secrets for it in found)
        troubles = [it for look in found for it in look.troubles]
        if not ready and self._stand.has_kubernetes:
            troubles.append("no cluster runs a pod")
        where = f" in {', '.join(names)}" if names else ""
        return Finding(f"{ready} pods{where}; {secrets} secrets synced", "; ".join(troubles))

    def _clusters(self) -> list[str]:
        return self._by_hand.clusters() if self._stand.has_kubernetes else []

    def _look_into(self, cluster: str) -> Rollout:
        pods = self._by_hand.kubectl(cluster, "get", "pods", "--all-namespaces")["items"]
        secrets = self._by_hand.kubectl(cluster, "get", EXTERNAL_SECRETS, "--all-namespaces")["items"]
        return Rollout.of(pods, secrets)

    def second_plan(self) -> Finding:
        """Plan again; it must be empty."""
        run = self._run(Verb.PLAN)
        changes = [plan.address(it) for plan in _plans(run) for it in plan.resource_changes]
        outputs = [f"{plan.unit.id} {name}" for plan in _plans(run) for name in plan.changed_outputs]
        found = ", ".join(changes + outputs)
        return Finding("no changes", _trouble(run, Outcome.PLANNED) or found, _listed(run), _code(run), _timed(run))

    def drift_check(self) -> Finding:
        """Look for drift, of terraform's units, stacks and files, and for what no state knows; there must be none."""
        request = DriftRequest(self._environment, self._layer, unmanaged=self._stand.alone, warm_providers=self._warm)
        (found,) = check_drift(self._bench, request).environments
        moved = [f"{it.verdict.value} {it.address}" for it in found.findings if it.counts]
        failed = [f"{it.name}: {it.reason}" for it in found.checked if it.status is Status.FAILED]
        trouble = ", ".join(filter(None, (found.reason, *failed, *moved)))
        return Finding(f"{len(found.checked)} checked, {len(found.findings)} only written otherwise", trouble)

    def listing(self) -> Finding:
        """List network, cluster and states through the `aws` command line; what a state holds must be there."""
        vpcs = self._by_hand.aws(
            "ec2", "describe-vpcs", "--filters", f"Name=tag:{ENVIRONMENT_TAG},Values={self._environment}"
        )
        clusters = self._by_hand.clusters()
        bucket = f"{self._bench.site.config.project}-terraform-state-{account_id(self._bench.site.config, SECURITY)}"
        environment = self._bench.deployment.environment(self._environment)
        prefix = f"{account_id(self._bench.site.config, environment.account)}/"
        objects = self._by_hand.aws("s3api", "list-objects-v2", "--bucket", bucket, "--prefix", prefix)
        states = [it["Key"] for it in objects.get("Contents", []) if it["Key"].endswith("terraform.tfstate")]
        networks = [it["VpcId"] for it in vpcs["Vpcs"]]
        listed = (*networks, *clusters, *states)
        made = {kind for state in self._states().values() if state for kind, _ in state.values}
        looked_for = (("VPC", networks, "aws_vpc" in made), ("cluster", clusters, "aws_eks_cluster" in made))
        missing = [name for name, found, wanted in (*looked_for, ("state", states, True)) if wanted and not found]
        trouble = f"aws lists no {', no '.join(missing)}" if missing else ""
        summary = f"{len(networks)} VPC, {len(clusters)} cluster, {len(states)} states in s3://{bucket}"
        for line in listed:
            self._bench.console.note(f"aws lists {line}")
        return Finding(summary, trouble, listed)

    def destroy(self) -> Finding:
        """Destroy; every unit must be destroyed."""
        run = self._run(Verb.DESTROY)
        # A unit that is switched off has nothing to destroy.
        trouble = _trouble(run, Outcome.DESTROYED, Outcome.UNCHANGED)
        destroyed = sum(it.outcome is Outcome.DESTROYED for it in run.units)
        return Finding(f"{destroyed} units destroyed", trouble, _listed(run), _code(run), _timed(run))

    def destroy_anew(self) -> Finding:
        """Destroy with a new workbench: a signal that ended an earlier stage is none to this one."""
        self.__dict__.pop("_bench", None)
        return self.destroy()

    def sweep(self) -> Finding:
        """Look for what is left by tag, by role and by state; only what AWS itself keeps may be there."""
        left = self._left()
        unexpected = [it.arn for it in left if not it.reason] + [unit.id for unit in self._standing()]
        kept = [f"{it.arn}: {it.reason}" for it in left if it.reason]
        config = self._bench.site.config
        accounts = self._stand.accounts_used
        stacks = [f"{name}/{it}: a bootstrap stack" for name in accounts for it in stack_names(config, name)]
        for line in (*kept, *stacks):
            self._bench.console.note(f"kept: {line}")
        summary = f"{len(kept)} kept by AWS for a while, {len(stacks)} bootstrap stacks"
        trouble = f"left behind: {', '.join(unexpected)}" if unexpected else ""
        return Finding(summary, trouble, (*kept, *stacks))

    def _left(self) -> tuple[Leftover, ...]:
        """Return what the environment's account has of the layers, by tag and by role."""
        config, selection = self._bench.site.config, self._bench.selected(self._environment, self._layer)
        session = self._bench.in_account(account_id(config, selection.environment.account))
        found = left_of(session, config.project, self._environment, selection.layers)
        return leftovers(found, protected=selection.environment.protected)

    def _standing(self) -> list[Unit]:
        """Return the units whose state has resources."""
        return [unit for unit, state in self._states().items() if state and state.resources]

    def _states(self) -> Mapping[Unit, UnitState | None]:
        selection = self._bench.selected(self._environment, self._layer)
        return self._bench.cloud.states(selection.environment, selection.units)

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


def _plans(run: Run) -> list[Plan]:
    return [it.plan for it in run.units if it.plan is not None]


def _trouble(run: Run, *wanted: Outcome) -> str:
    wrong = [f"{it.unit.id} is {it.outcome.value} ({it.reason})" for it in run.units if it.outcome not in wanted]
    return "; ".join(wrong) if run.units else "no unit ran"


def _code(run: Run) -> Exit:
    """Return the code that a stage ends with when its run is not what it should be."""
    return run.exit_code if run.exit_code not in (Exit.FINE, Exit.CHANGES) else Exit.FAILED


def _listed(run: Run) -> tuple[str, ...]:
    return tuple(map(str, _timed(run)))


def _timed(run: Run) -> tuple[Timed, ...]:
    return tuple(Timed(it.unit.id, it.outcome.value, it.seconds) for it in run.units)
