"""Secrets that have no value yet, filled from the variables and files that the operator has at hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flowops.errors import FlowopsError
from flowops.model.bootstrap import SecretPlan, SecretResult
from flowops.model.config import SECURITY
from flowops.model.stacks import (
    LICENSE_SECRET_OUTPUT,
    REPOSITORY_SECRET_OUTPUT,
    SECURITY_STACK,
    access_stack_name,
)
from flowops.operations.bootstrap_phase import Site

USERNAME, PASSWORD = "FLOWABLE_REPO_AUTH_USERNAME", "FLOWABLE_REPO_AUTH_PASSWORD"
REPOSITORY = "repository"
LICENSE = "license"


@dataclass(frozen=True)
class _Secret:
    """One secret that a stack of the security account makes without a value."""

    name: str
    environment: str
    stack: str
    output: str

    @property
    def command(self) -> str:
        """Return the command that sets it."""
        if self.name == REPOSITORY:
            return f"{USERNAME}=… {PASSWORD}=… flowops bootstrap {SECURITY}"
        return f"name the file under flowable.licenses.{self.environment}, then: flowops bootstrap {SECURITY}"

    @property
    def title(self) -> str:
        """Return its name as people read it."""
        return " ".join(word for word in (self.name, self.environment) if word)


def plan(site: Site) -> tuple[SecretPlan, ...]:
    """Return the secrets that have no value and would get one."""
    empty = (it for it in _secrets(site) if not _has_value(site, it))
    found = ((it, _source(site, it)) for it in empty)
    return tuple(SecretPlan(it.name, it.environment, source) for it, source in found if source)


def fill(site: Site, confirmed: Sequence[SecretPlan]) -> tuple[tuple[SecretResult, ...], tuple[FlowopsError, ...]]:
    """Fill the secrets that were shown and confirmed; return every secret's standing and what went wrong."""
    results: list[SecretResult] = []
    problems: list[FlowopsError] = []
    wanted = {(it.name, it.environment) for it in confirmed}
    for secret in _secrets(site):
        try:
            results.append(_filled(site, secret, wanted=(secret.name, secret.environment) in wanted))
        except FlowopsError as error:
            problems.append(error)
    return tuple(results), tuple(problems)


def _filled(site: Site, secret: _Secret, *, wanted: bool) -> SecretResult:
    arn = _arn(site, secret)
    if arn and site.doors[SECURITY].secrets.has_value(arn):
        return SecretResult(secret.title, filled=True)
    if not arn or not wanted:
        return SecretResult(secret.title, filled=False, note=f"not set: {secret.command}")
    site.doors[SECURITY].secrets.put(arn, _value(site, secret))
    return SecretResult(secret.title, filled=True, note=f"set from {_source(site, secret)}")


def _secrets(site: Site) -> Iterator[_Secret]:
    yield _Secret(REPOSITORY, "", SECURITY_STACK, REPOSITORY_SECRET_OUTPUT)
    for name in site.config.environments:
        yield _Secret(LICENSE, name, access_stack_name(name), LICENSE_SECRET_OUTPUT)


def _arn(site: Site, secret: _Secret) -> str:
    """Return the secret's ARN, empty as long as its stack does not stand."""
    found = site.doors[SECURITY].stacks.describe(secret.stack)
    return found.outputs.get(secret.output, "") if found else ""


def _has_value(site: Site, secret: _Secret) -> bool:
    arn = _arn(site, secret)
    return bool(arn) and site.doors[SECURITY].secrets.has_value(arn)


def _source(site: Site, secret: _Secret) -> str:
    """Return in words where a value is at hand, empty where nowhere."""
    if secret.name == REPOSITORY:
        there = site.ports.environment.get(USERNAME) and site.ports.environment.get(PASSWORD)
        return f"{USERNAME} and {PASSWORD}" if there else ""
    path = site.config.flowable.licenses.get(secret.environment, "")
    try:
        return path if path and site.ports.secret_files.content(path) else ""
    except FlowopsError:
        return ""


def _value(site: Site, secret: _Secret) -> bytes:
    """Return the value; the repository's is a JSON object with `username` and `password`."""
    if secret.name == REPOSITORY:
        user, password = site.ports.environment[USERNAME], site.ports.environment[PASSWORD]
        return json.dumps({"username": user, "password": password}).encode()
    return site.ports.secret_files.content(site.config.flowable.licenses[secret.environment])
