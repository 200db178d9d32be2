"""Configuration, tree, facts and rendered files: what each means."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Iterator, Sequence

from flowops.errors import FlowopsError
from flowops.model.config import SECURITY, Config
from flowops.model.deployment import Deployment, Environment
from flowops.model.doctor import Line, doubtful, fine, wrong
from flowops.model.doctor_facts import Wanted
from flowops.model.facts import Facts
from flowops.model.rendering import RenderResult, RenderState
from flowops.model.safeguards import GitState, GuardRules, unmet
from flowops.model.settings import warnings
from flowops.model.stacks import without_id

_LISTED = 5


def restore(project: str, path: str) -> str:
    """Return the command that brings back what git holds of a path of the project."""
    return f"git -C {shlex.quote(project)} restore {shlex.quote(path)}"


def broken(check: str, error: FlowopsError) -> Iterator[Line]:
    """Return a line for each line of a file that is wrong."""
    for text in error.happened.splitlines():
        yield wrong(check, text, error.next_step)


def no_project(folder: str) -> Line:
    """Return the line of a folder that no project is in."""
    text = f"there is no flowops.yaml in {folder} or in a folder above"
    return wrong("configuration", text, f"flowops init {shlex.quote(folder)}")


def configuration(config: Config, path: str) -> Line:
    """Return the line of a configuration that could be read."""
    names = ", ".join(config.environments)
    return fine("configuration", f"{path}: project {config.project}, environments {names}")


def account_id(config: Config, account: str, *, rehearsal: bool) -> Line:
    """Judge whether an account has its id."""
    if not without_id(config, (account,)):
        return fine("account-ids", f"{account} is {config.accounts[account].id}")
    if rehearsal:
        return fine("account-ids", f"{account} has no id; a rehearsal gives it one")
    return wrong("account-ids", f"flowops.yaml has no id for account {account}", "flowops accounts create")


def shared_accounts(config: Config) -> Iterator[Line]:
    """Say which environments share an account."""
    said = warnings(config)
    mend = "an account of its own in flowops.yaml, below accounts and in environments, then flowops accounts create"
    yield from (doubtful("shared-accounts", text, mend) for text in said)
    if not said:
        yield fine("shared-accounts", "each environment has an account of its own")


def tree(deployment: Deployment, names: Collection[str], folders: Collection[str], project: str) -> Iterator[Line]:
    """Judge whether each environment has units; `folders` are the paths below deployments/ that are there."""
    for it in (environment for environment in deployment.environments if environment.name in names):
        missing = [layer for layer in it.layers if not any(unit.layer == layer for unit in it.units)]
        mend = restore(project, f"deployments/{it.path}")
        if str(it.path) not in folders:
            yield wrong("tree", f"{it.name}: there is no folder deployments/{it.path}", mend)
        elif not it.units:
            yield wrong("tree", f"{it.name}: deployments/{it.path} has no unit", mend)
        elif missing:
            yield doubtful("tree", f"{it.name}: layer {', '.join(missing)} has no unit", mend)
        else:
            yield fine("tree", f"{it.name}: {len(it.units)} units in {', '.join(it.layers)}")


def includes(missing: Sequence[str], environment: str, project: str) -> Iterator[Line]:
    """Judge what an environment's units include; `missing` are texts of what is in no folder above."""
    for text in missing[:_LISTED]:
        yield wrong("includes", text, restore(project, "deployments"))
    if not missing:
        yield fine("includes", f"{environment}: every included file is there")


def api_server(wanted: Wanted, *, rehearsal: bool) -> Line:
    """Judge whether the API server of an environment's cluster can be reached from outside its VPC."""
    if not wanted.closed or rehearsal:
        reached = "this machine, in a rehearsal" if rehearsal else "where public_access_cidrs says"
        said = f"the API server answers {reached}" if wanted.cluster else "no cluster"
        return fine("api-server", f"{wanted.environment}: {said}")
    text = f"{wanted.environment}: public_access_cidrs is empty, so charts are planned and applied inside the VPC only"
    mend = (
        f"add the range you come from to public_access_cidrs in {wanted.places['public_access_cidrs']}, "
        "or run flowops inside the VPC"
    )
    return doubtful("api-server", text, mend)


def working_copy(rules: GuardRules, git: GitState | None, environments: Iterable[Environment]) -> Iterator[Line]:
    """Judge the working copy by the safeguards of each environment."""
    for it in environments:
        found = tuple(unmet(rules.of_git(protected=it.protected, without=()), git))
        for unmet_one in found:
            text = f"{it.name} would refuse a change: {unmet_one.why}"
            yield doubtful("working-copy", text, unmet_one.mend)
        if not found:
            yield fine("working-copy", f"{it.name}: nothing that its safeguards mind")


def lock_file(facts: Facts | None, config: Config, environments: Collection[str]) -> Iterator[Line]:
    """Judge flowops.lock: whether it is there, of these accounts, and knows what was bootstrapped."""
    if facts is None:
        yield wrong("lock-file", "there is no flowops.lock: nothing was discovered yet", "flowops bootstrap")
        return
    moved = [name for name, it in config.accounts.items() if _moved(facts, name, it.id)]
    for name in moved:
        was, now = facts.accounts[name].id, config.accounts[name].id
        yield wrong("lock-file", f"flowops.lock says that {name} is {was}, flowops.yaml says {now}", "flowops discover")
    wanted = dict.fromkeys((SECURITY, *(config.environments[name].account for name in environments)))
    unknown = [name for name in wanted if name not in facts.accounts or not facts.accounts[name].outputs]
    for name in unknown:
        yield wrong("lock-file", f"flowops.lock knows nothing of account {name}", f"flowops bootstrap {name}")
    if not moved and not unknown:
        yield fine("lock-file", f"flowops.lock knows {', '.join(wanted)}")


def _moved(facts: Facts, name: str, id_: str | None) -> bool:
    known = facts.accounts.get(name)
    return known is not None and id_ not in (None, known.id)


def rendered(result: RenderResult) -> Iterator[Line]:
    """Judge the rendered files."""
    for it in result.of(RenderState.STALE):
        text = f"deployments/{it.path} is missing, or not what its template and flowops.lock say"
        yield wrong("rendered-files", text, "flowops render")
    for it in result.of(RenderState.SKIPPED):
        yield doubtful("rendered-files", f"deployments/{it.path} cannot be rendered yet: {it.reason}", it.command)
    if fresh := result.of(RenderState.UNCHANGED):
        yield fine("rendered-files", f"{len(fresh)} files are what their templates say")
