"""Write what was discovered into the deployments tree: each template into the file beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from flowops.errors import OperationFailed, UsageError
from flowops.model.config import SECURITY, Config
from flowops.model.facts import AccountFacts, Facts
from flowops.model.rendering import SUFFIX, RenderedFile, RenderResult, RenderState
from flowops.operations.ports.project import Templates


@dataclass(frozen=True)
class Place:
    """Where in the tree a template stands: what it may speak of."""

    accounts: tuple[str, ...]
    environment: str = ""
    layer: str = ""


def render(config: Config, *, facts: Facts | None, templates: Templates, check: bool = False) -> RenderResult:
    """Render every template of the deployments tree, or with `check` only say which files are stale.

    A template gets the account whose environments lie below its folder, and inside an environment's folder also that
    environment and its layer. One whose facts are not there yet is skipped. Nothing is written unless all of them can
    be rendered. OperationFailed without facts; UsageError when they are of other accounts than flowops.yaml's.
    """
    if facts is None:
        raise OperationFailed(
            "There is no flowops.lock yet: nothing was discovered.",
            not_done="No file was rendered.",
            next_step="flowops discover",
        )
    _require_same_accounts(config, facts)
    missing = {it: _missing(facts, place_of(config, it)) for it in templates.templates()}
    texts = {
        it: templates.render(it, _context(config, facts, place_of(config, it)))
        for it, (reason, _) in missing.items()
        if not reason
    }
    states = {it: _state(templates, it, text, check=check) for it, text in texts.items()}
    for it, state in states.items():
        if state is RenderState.WRITTEN:
            templates.write(it, texts[it])
    return RenderResult(
        tuple(RenderedFile(_target(it), states.get(it, RenderState.SKIPPED), *why) for it, why in missing.items())
    )


def _state(templates: Templates, template: PurePosixPath, text: str, *, check: bool) -> RenderState:
    if templates.current(template) == text:
        return RenderState.UNCHANGED
    return RenderState.STALE if check else RenderState.WRITTEN


def _target(template: PurePosixPath) -> PurePosixPath:
    return PurePosixPath(str(template).removesuffix(SUFFIX))


def _require_same_accounts(config: Config, facts: Facts) -> None:
    for name, found in facts.accounts.items():
        written = config.accounts[name].id if name in config.accounts else None
        if written not in (None, found.id):
            raise UsageError(
                f"flowops.lock says that account {name!r} is {found.id}, but flowops.yaml says {written}.",
                not_done="No file was rendered.",
                next_step="flowops discover",
            )


def place_of(config: Config, template: PurePosixPath) -> Place:
    """Return what a template, named by its path below deployments/, may speak of."""
    folder = template.parent
    for name, environment in config.environments.items():
        if folder.is_relative_to(environment.path):
            below = folder.relative_to(environment.path).parts
            layer = below[0] if below and below[0] in config.layers else ""
            return Place((environment.account,), name, layer)
    holders = [it.account for it in config.environments.values() if PurePosixPath(it.path).is_relative_to(folder)]
    return Place(tuple(dict.fromkeys(holders)))


def _missing(facts: Facts, place: Place) -> tuple[str, str]:
    """Return why a template cannot be rendered yet and the command that ends that, both empty when it can."""
    if not place.accounts:
        return "no environment of flowops.yaml lies below this folder", ""
    # A template above several accounts speaks of none of them, only of security's.
    needed = (SECURITY, *place.accounts) if len(place.accounts) == 1 else (SECURITY,)
    for name in needed:
        found = facts.accounts.get(name)
        if found is None or not found.outputs:
            return f"account {name} has no facts yet", f"flowops bootstrap {name}"
    access = facts.environments.get(place.environment)
    if place.environment and (access is None or not access.outputs):
        return f"environment {place.environment} has no groups yet", f"flowops bootstrap {SECURITY}"
    return "", ""


def _context(config: Config, facts: Facts, place: Place) -> Mapping[str, object]:
    """Return what a template at this place may name."""
    security = facts.accounts[SECURITY]
    common: dict[str, object] = {
        "project": config.project,
        "region": config.region,
        "operator": {"profile": config.operator.profile},
        "management": {
            "profile": config.management.profile,
            "role": config.management.role,
            "id": facts.organization.management_account,
        },
        "organization": {"id": facts.organization.id},
        "security": {"id": security.id, "outputs": dict(security.outputs)},
        "flowable": config.flowable.model_dump(),
    }
    account = {"account": _account(config, facts, place.accounts[0])} if len(place.accounts) == 1 else {}
    return {**common, **account, **_environment(config, facts, place)}


def _account(config: Config, facts: Facts, name: str) -> Mapping[str, object]:
    found: AccountFacts = facts.accounts[name]
    return {
        "name": name,
        "id": found.id,
        "profile": config.accounts[name].profile,
        "outputs": dict(found.outputs),
    }


def _environment(config: Config, facts: Facts, place: Place) -> Mapping[str, object]:
    if not place.environment:
        return {}
    environment = config.environments[place.environment]
    return {
        "environment": {
            "name": place.environment,
            "protected": environment.protected,
            "path": environment.path,
        },
        "access": {"outputs": dict(facts.environments[place.environment].outputs)},
        **({"layer": place.layer} if place.layer else {}),
    }
