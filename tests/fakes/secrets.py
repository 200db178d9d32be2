"""Secrets in memory: who hands them in, and what an operator sees of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from flowops.errors import Declined, FlowopsError
from flowops.model.config import Config
from flowops.model.secrets import Secret, SecretStanding, needed_by
from tests.fakes.aws import FakeSecrets, config


@dataclass
class FakeTerminal:
    """Somebody with these answers, or nobody; `pipe` is what stdin holds."""

    answers: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    pipe: bytes = b""
    interactive: bool = False
    asked: list[str] = field(default_factory=list)

    def ask(self, question: str) -> str:
        return self._answer(question, self.answers)

    def hidden(self, question: str) -> str:
        return self._answer(question, self.unseen)

    def piped(self, most: int) -> bytes:
        return self.pipe[: most + 1]

    def _answer(self, question: str, answers: list[str]) -> str:
        self.asked.append(question)
        if not answers:
            raise Declined("nobody answers")
        return answers.pop(0)


@dataclass
class FakeOperatorSecrets:
    """What an operator sees: `arns` are those that discovery knows, `refused` what AWS answers for a secret's title."""

    secrets: FakeSecrets = field(default_factory=FakeSecrets)
    arns: dict[str, str] = field(
        default_factory=lambda: {name: f"arn:{name}" for name in ("repository", "license dev", "license prod")}
    )
    refused: dict[str, FlowopsError] = field(default_factory=dict)
    config: Config = field(default_factory=config)

    def needed(self, environment: str) -> tuple[Secret, ...]:
        return needed_by(self.config, environment)

    def arn(self, secret: Secret) -> str:
        return self.arns.get(secret.title, "")

    def standing(self, secret: Secret) -> SecretStanding | None:
        if secret.title in self.refused:
            raise self.refused[secret.title]
        return self.secrets.standing(self.arn(secret))

    def value(self, secret: Secret) -> bytes | None:
        return self.secrets.value(self.arn(secret))
