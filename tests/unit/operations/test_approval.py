"""The command lines that a message asks to type again."""

from __future__ import annotations

import pytest

from flowops.model.run import RunRequest, Verb, WarmProviders
from flowops.operations.approval import command_of


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        (RunRequest(Verb.PLAN, "dev", "foundation", "vpc"), "flowops plan dev foundation vpc"),
        (
            RunRequest(
                Verb.APPLY,
                "dev",
                parallelism=2,
                warm_providers=WarmProviders.NEVER,
                unit_timeout=90.0,
                with_dependents=True,
                allow_destroy=('aws_db_instance.this["design"]',),
            ),
            "flowops apply dev --allow-destroy 'aws_db_instance.this[\"design\"]' --parallelism 2 "
            "--warm-providers never "
            "--unit-timeout 90 --with-dependents",
        ),
        (
            RunRequest(Verb.DESTROY, "prod", confirm="prod", without_safeguards=("git-clean",)),
            "flowops destroy prod --confirm prod --without-safeguard git-clean",
        ),
        (
            RunRequest(Verb.APPLY, "dev", resumes="last-one", yes=True, warm_providers=WarmProviders.ALWAYS),
            "flowops runs resume last-one --yes",
        ),
    ],
)
def test_a_command_is_repeated_with_everything_it_said(request_: RunRequest, command: str) -> None:
    assert command_of(request_) == command
