"""flowops.drift.yaml as data: strict keys and types, and what each rule means."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from flowops.model.config import Strict
from flowops.model.drift.finding import Verdict
from flowops.model.drift.rules import DriftRules, IgnoreRule, Owner

FILE = "flowops.drift.yaml"

Glob = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Attribute = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_*]+([.\[].+)?$", max_length=500)]
VerdictName = Literal["missing", "both", "out-of-band", "unapplied", "unmanaged"]


class IgnoreConfig(Strict):
    """One rule: what is ignored, why, on whose word, and until when."""

    address: Glob = Field(description="Glob of LAYER/UNIT//TERRAFORM_ADDRESS, or of an ARN or stack resource.")
    environment: Glob = Field(default="*", description="Glob of the environment; all without it.")
    attribute: Attribute | None = Field(default=None, description="Only this attribute: dotted, with * for any part.")
    verdict: VerdictName | None = Field(default=None, description="Only this verdict; all without it.")
    reason: Text = Field(description="Why it may differ.")
    owner: Text = Field(description="Who answers for it.")
    expires: date = Field(description="The last day on which it holds, as YYYY-MM-DD.")


class OwnerConfig(Strict):
    """Who answers for what a glob names."""

    address: Glob = Field(description="Glob of LAYER/UNIT//TERRAFORM_ADDRESS.")
    owner: Text = Field(description="Who reports name.")


class DriftRulesConfig(Strict):
    """The whole file."""

    ignore: list[IgnoreConfig] = Field(default_factory=list, description="The first rule that matches counts.")
    owners: list[OwnerConfig] = Field(default_factory=list, description="The first that matches counts.")


def rules_of(config: DriftRulesConfig, lines: dict[tuple[str | int, ...], int]) -> DriftRules:
    """Return what the file means; `lines` are those of its values."""
    return DriftRules(
        tuple(
            IgnoreRule(
                f"{FILE}:{lines['ignore', number]}",
                it.address,
                it.reason,
                it.owner,
                it.expires,
                it.environment,
                it.attribute or "",
                Verdict(it.verdict) if it.verdict else None,
            )
            for number, it in enumerate(config.ignore)
        ),
        tuple(Owner(it.address, it.owner) for it in config.owners),
    )
