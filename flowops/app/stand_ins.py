"""What stands for Flowable's credentials and licenses in a rehearsal: made up, and good for the emulated AWS alone."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from flowops.app.secrets import Secrets
from flowops.app.workbench import Workbench
from flowops.errors import Declined
from flowops.model.bootstrap import BootstrapResult, SecretResult
from flowops.model.secrets import PASSWORD, USERNAME, SecretRow, SetRequest

_MADE_UP = "made up for this rehearsal"
_LICENSE = b"flowops rehearsal: stands for a license of Flowable, and is none.\n"


@dataclass(frozen=True)
class _Piped:
    """Nobody to ask, and a value on stdin."""

    content: bytes = b""
    interactive: bool = False

    def ask(self, question: str) -> str:
        """Decline."""
        raise Declined(question)

    def hidden(self, question: str) -> str:
        """Decline."""
        raise Declined(question)

    def piped(self, most: int) -> bytes:
        """Return the value."""
        return self.content[: most + 1]


def fill_secrets(bench: Workbench) -> tuple[SecretRow, ...]:
    """Give every secret without a value one that is made up, and return how all of them stand."""
    secrets = Secrets(bench)
    for row in secrets.list():
        if row.ready:
            continue
        environment = row.secret.environment
        request = SetRequest(row.secret.name, environment, stdin=bool(environment))
        secrets.set(request, terminal=_Piped(_LICENSE), environment=_credentials())
    return secrets.list()


def with_stand_ins(bench: Workbench, result: BootstrapResult) -> BootstrapResult:
    """Give every secret without a value one that is made up, and return the result that says so."""
    fill_secrets(bench)
    told = (it if it.filled else SecretResult(it.name, filled=True, note=_MADE_UP) for it in result.secrets)
    return replace(result, secrets=tuple(told))


def _credentials() -> Mapping[str, str]:
    return {USERNAME: "rehearsal", PASSWORD: secrets.token_urlsafe(24)}
