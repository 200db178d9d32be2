"""The secrets that people hand in: which there are, what a value may be, and how each stands."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from flowops.errors import Exit, FlowopsError, OperationFailed, UnknownTarget, UsageError, worst
from flowops.model.config import SECURITY, Config
from flowops.model.stacks import (
    LICENSE_SECRET_OUTPUT,
    REPOSITORY_SECRET_OUTPUT,
    SECURITY_STACK,
    access_stack_name,
    by_hand,
)

REPOSITORY, LICENSE = "repository", "license"
USERNAME, PASSWORD = "FLOWABLE_REPO_AUTH_USERNAME", "FLOWABLE_REPO_AUTH_PASSWORD"
LARGEST = 65_536
"""Bytes of a secret (Secrets Manager quotas)."""


@dataclass(frozen=True)
class Secret:
    """One secret that a stack of the security account makes without a value; `environments` use it.

    A license has one environment and the file that flowops.yaml names for it, empty where it names none. `reach` are
    the options of the aws command line that lead to the security account.
    """

    name: str
    environment: str
    stack: str
    output: str
    environments: tuple[str, ...]
    reach: str
    file: str = ""

    @property
    def title(self) -> str:
        """Return its name as people read it."""
        return " ".join(word for word in (self.name, self.environment) if word)

    @property
    def command(self) -> str:
        """Return the command that sets it."""
        return f"flowops secrets set {self.title}{' --file PATH' if self.name == LICENSE and not self.file else ''}"


def secrets_of(config: Config) -> tuple[Secret, ...]:
    """Return every secret of a project: the repository's, then each environment's license."""
    everybody = tuple(config.environments)
    repository = Secret(REPOSITORY, "", SECURITY_STACK, REPOSITORY_SECRET_OUTPUT, everybody, by_hand(config, SECURITY))
    return (repository, *(_license(config, name) for name in everybody))


def needed_by(config: Config, environment: str) -> tuple[Secret, ...]:
    """Return the secrets that an environment needs; UnknownTarget names the nearest environments."""
    if environment not in config.environments:
        raise UnknownTarget("environment", environment, config.environments)
    return tuple(it for it in secrets_of(config) if it.environment in ("", environment))


def _license(config: Config, environment: str) -> Secret:
    file = config.flowable.licenses.get(environment, "")
    stack = access_stack_name(environment)
    return Secret(LICENSE, environment, stack, LICENSE_SECRET_OUTPUT, (environment,), by_hand(config, SECURITY), file)


@dataclass(frozen=True)
class SecretStanding:
    """What there is to know about a secret without its value; `leaving` is when it will be deleted."""

    filled: bool
    changed: datetime | None = None
    leaving: datetime | None = None


@dataclass(frozen=True)
class RepositoryCredentials:
    """User and password of Flowable's repository; neither is ever in a text about them."""

    username: str = field(repr=False)
    password: str = field(repr=False)

    def content(self) -> bytes:
        """Return the secret's value; UsageError for a user or password that no repository takes."""
        _require_line("user", self.username)
        _require_line("password", self.password)
        if ":" in self.username:
            raise _unusable("user", "has a colon, which HTTP takes for the end of it")
        return json.dumps({"username": self.username, "password": self.password}).encode()

    @classmethod
    def of(cls, content: bytes) -> RepositoryCredentials:
        """Return what a secret's value says; OperationFailed where that is something else."""
        try:
            document = json.loads(content)
            username, password = document["username"], document["password"]
        except (ValueError, KeyError, TypeError, RecursionError):
            username = password = None
        if not (isinstance(username, str) and isinstance(password, str) and username and password):
            # Without its cause, which would quote the value.
            raise OperationFailed(
                "The repository's secret holds no JSON object with username and password.",
                next_step=f"flowops secrets set {REPOSITORY}",
            )
        return cls(username, password)


def _require_line(what: str, text: str) -> None:
    if not text:
        raise _unusable(what, "is empty")
    if any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text):
        raise _unusable(what, "has a line break or another control character in it")
    if any(0xD800 <= ord(letter) < 0xE000 for letter in text):
        raise _unusable(what, "is not UTF-8 text")


def _unusable(what: str, why: str) -> UsageError:
    return UsageError(f"The {what} of the repository {why}.", next_step=f"flowops secrets set {REPOSITORY}")


@dataclass(frozen=True)
class SetRequest:
    """What the command line says of one secret and where its value comes from."""

    name: str
    environment: str = ""
    username: str = ""
    file: str = ""
    stdin: bool = False
    yes: bool = False
    confirm: str = ""

    def command(self) -> str:
        """Return the command line that means this request."""
        words = ["flowops", "secrets", "set", self.name, *([self.environment] if self.environment else [])]
        words += ["--username", self.username] if self.username else []
        words += ["--file", self.file] if self.file else []
        words += ["--stdin"] if self.stdin else []
        words += ["--yes"] if self.yes else []
        words += ["--confirm", self.confirm] if self.confirm else []
        return shlex.join(words)


class SetOutcome(Enum):
    """What became of a secret."""

    SET = "set"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class SetResult:
    """One secret that has its value now; `source` says in words where that came from."""

    secret: Secret
    arn: str
    outcome: SetOutcome
    source: str

    @property
    def following(self) -> str:
        """Return what happens next without anybody doing anything."""
        if self.outcome is SetOutcome.UNCHANGED:
            return "The secret has this value already: no new version was made, and nothing restarts."
        where = ", ".join(self.secret.environments)
        return (
            f"In a cluster of {where} that runs Flowable, External Secrets fetches the value at its next refresh, and "
            "Reloader restarts the pods that use it."
        )


@dataclass(frozen=True)
class SecretRow:
    """A secret as it was found: no ARN before its stack stands; no standing where it is gone, or `problem` says why."""

    secret: Secret
    arn: str = ""
    standing: SecretStanding | None = None
    problem: FlowopsError | None = None

    @property
    def ready(self) -> bool:
        """Whether it has a value that stays."""
        return self.standing is not None and self.standing.filled and self.standing.leaving is None

    @property
    def state(self) -> str:
        """Return in words how it stands."""
        if self.problem:
            return "cannot be told"
        if not self.arn:
            return "not bootstrapped"
        if self.standing is None:
            return "gone"
        if self.standing.leaving:
            return f"to be deleted on {self.standing.leaving:%Y-%m-%d}"
        return "set" if self.standing.filled else "not set"

    @property
    def remedy(self) -> str:
        """Return the command that leads on, empty where nothing is to be done."""
        if self.ready:
            return ""
        if self.problem:
            return self.problem.next_step
        if not self.arn:
            return f"flowops bootstrap {SECURITY}"
        if self.standing is None:
            return f"aws secretsmanager list-secrets --include-planned-deletion {self.secret.reach}"
        if self.standing.leaving:
            return f"aws secretsmanager restore-secret --secret-id {self.arn} {self.secret.reach}"
        return self.secret.command


@dataclass(frozen=True)
class SecretCheck:
    """Whether environments have the secrets they need."""

    rows: tuple[SecretRow, ...]

    @property
    def exit_code(self) -> Exit:
        """Return 0 when every secret is ready, 1 when one is not, 5 and others where it could not be told."""
        return worst(row.problem.exit_code if row.problem else Exit.FAILED for row in self.missing)

    @property
    def missing(self) -> tuple[SecretRow, ...]:
        """Return the secrets that are not ready."""
        return tuple(row for row in self.rows if not row.ready)
