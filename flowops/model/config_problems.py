"""What is wrong between the parts of flowops.yaml that are each valid by themselves. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flowops.model.config import (
    GITHUB_IDS,
    MANAGEMENT,
    RESERVED_ENVIRONMENTS,
    SECURITY,
    CiConfig,
    Config,
    EnvironmentConfig,
)
from flowops.model.emails import email_problem


@dataclass(frozen=True)
class Problem:
    """Something wrong at `path`, a tuple of keys and indexes into flowops.yaml."""

    path: tuple[str | int, ...]
    text: str


def problems(config: Config) -> Iterator[Problem]:
    """Yield what is wrong between parts that are each valid by themselves."""
    if SECURITY not in config.accounts:
        yield Problem(("accounts",), f"there must be an account named {SECURITY!r}: it holds state, users and secrets")
    if MANAGEMENT in config.accounts:
        yield Problem(("accounts", MANAGEMENT), "the management account is named by `management.profile`, not here")
    yield from _shared_ids(config)
    yield from _email_problems(config)
    yield from _ci_problems(config.ci)
    for name, environment in config.environments.items():
        yield from _environment_problems(config, name, environment)
    for index, layer in enumerate(config.layers):
        if layer in config.layers[:index]:
            yield Problem(("layers", index), f"layer {layer!r} stands here twice")
    for name in config.flowable.licenses:
        if name not in config.environments:
            known = ", ".join(config.environments)
            yield Problem(("flowable", "licenses", name), f"no environment is named {name!r}; allowed: {known}")


def _ci_problems(ci: CiConfig | None) -> Iterator[Problem]:
    if ci is None:
        return
    if ci.provider == "github" and ci.repository.count("/") != 1:
        yield Problem(("ci", "repository"), f"{ci.repository!r} is not ORG/REPO, as GitHub has it")
    given = [name for name in GITHUB_IDS if getattr(ci, name)]
    if given and ci.provider != "github":
        yield Problem(("ci", given[0]), "only a subject of GitHub has numbers")
    elif len(given) == 1:
        yield Problem(("ci", given[0]), f"a subject has both numbers or none: {' and '.join(GITHUB_IDS)}")


def _environment_problems(config: Config, name: str, environment: EnvironmentConfig) -> Iterator[Problem]:
    if name in RESERVED_ENVIRONMENTS:
        words = ", ".join(RESERVED_ENVIRONMENTS)
        yield Problem(("environments", name), f"{name!r} is a word of the command line; not allowed: {words}")
    if environment.account not in config.accounts or environment.account == SECURITY:
        allowed = ", ".join(account for account in config.accounts if account != SECURITY)
        where = ("environments", name, "account")
        yield Problem(where, f"{environment.account!r} is not an environment's account; allowed: {allowed}")
    twins = [other for other, it in config.environments.items() if it.path == environment.path and other != name]
    if twins and name > twins[0]:
        yield Problem(("environments", name, "path"), f"environment {twins[0]!r} has the same path")


def _shared_ids(config: Config) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, account in config.accounts.items():
        if account.id is None:
            continue
        if account.id in seen:
            yield Problem(("accounts", name, "id"), f"account {seen[account.id]!r} has the same id")
        seen.setdefault(account.id, name)


def _email_problems(config: Config) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, account in config.accounts.items():
        if account.email is None:
            continue
        where, address = ("accounts", name, "email"), account.email.lower()
        if wrong := email_problem(account.email):
            yield Problem(where, f"{account.email!r} {wrong}")
        if address in seen:
            yield Problem(where, f"account {seen[address]!r} has the same address")
        seen.setdefault(address, name)
