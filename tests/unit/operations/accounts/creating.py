"""Accounts created over fakes in one line each: a project without ids, and what came of each account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowops.model.accounts import AccountsResult, CreateRequest, Outcome
from flowops.model.config import Config
from flowops.operations.accounts import create_accounts
from tests.fakes.accounts import AccountsWorld

SECURITY, DEV, PROD = "111111111111", "222222222222", "333333333333"
BASE = CreateRequest(email_base="aws@example.com", yes=True)


def config(**accounts: Mapping[str, Any]) -> Config:
    """Return a project with the accounts security, dev and prod; none has an id unless it is said here."""
    entries = {name: {"profile": f"flw-{name}", **accounts.get(name, {})} for name in ("security", "dev", "prod")}
    return Config.model_validate(
        {
            "project": "flowable",
            "region": "eu-central-1",
            "management": {"profile": "flw-iac"},
            "operator": {"profile": "flowable-devops-admin"},
            "accounts": entries,
            "environments": {
                "dev": {"account": "dev", "path": "aws/non-prod/eu-central-1/dev"},
                "prod": {"account": "prod", "path": "aws/prod/eu-central-1/prod"},
            },
            "layers": ["foundation"],
        }
    )


def create(world: AccountsWorld, request: CreateRequest = BASE, of: Config | None = None) -> AccountsResult:
    """Run the command as flowops.yaml stands now."""
    ids = {name: {"id": it} for name, it in world.file.ids.items()}
    return create_accounts(request, of or config(**ids), world.ports())


def outcomes(result: AccountsResult) -> dict[str, Outcome]:
    return {it.name: it.outcome for it in result.accounts}
