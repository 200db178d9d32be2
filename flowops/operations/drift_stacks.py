"""Drift of the bootstrap stacks: what somebody changed past CloudFormation, and templates that were not deployed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from shlex import quote
from typing import Protocol

from flowops.errors import OperationFailed
from flowops.model.attributes import LONGEST, AttributeChange, AttributeChanges
from flowops.model.config import SECURITY, Config
from flowops.model.deployment import Environment
from flowops.model.discretion import Discretion, sounds_secret
from flowops.model.drift.finding import Finding, Source, Verdict
from flowops.model.drift.stack_ways import putting_back
from flowops.model.drift.templates import differing, parameters
from flowops.model.stack_drift import DriftedResource, PropertyDrift, StackDrift
from flowops.model.stacks import stack_names, template_of
from flowops.operations.ports.project import StackTemplates


class DeployedStacks(Protocol):
    """The stacks of one account, as who only looks sees them."""

    def template(self, name: str) -> str | None:
        """Return the text that a stack was made of, None where there is no such stack."""

    def drift(self, name: str) -> StackDrift:
        """Return what was changed past the stack."""


@dataclass
class StacksDrift:
    """Looks at the stacks of an environment's account, or for None at those of the security account.

    `reach` leads into either.
    """

    config: Config
    templates: StackTemplates
    reach: Callable[[Environment | None], DeployedStacks]
    name: str = "cloudformation"

    def look(self, environment: Environment | None) -> Iterator[Finding]:
        """Yield what moved in each stack; OperationFailed where CloudFormation cannot tell all of it."""
        account = environment.account if environment else SECURITY
        where = environment.name if environment else SECURITY
        stacks = self.reach(environment)
        for stack in stack_names(self.config, account):
            for finding in self._of(stacks, account, stack, environment):
                yield replace(finding, environment=where)

    def _of(
        self, stacks: DeployedStacks, account: str, stack: str, environment: Environment | None
    ) -> Iterator[Finding]:
        deployed, file = stacks.template(stack), template_of(stack)
        if deployed is None:
            yield _finding(account, stack, "", "AWS::CloudFormation::Stack", Verdict.MISSING, "there is no such stack")
            return
        drift = stacks.drift(stack)
        profile = self.config.accounts[account].profile
        if drift.trouble:
            where = f"--stack-name {stack} --region {self.config.region} --profile {quote(profile)}"
            raise OperationFailed(
                f"CloudFormation cannot tell the drift of {account}/{stack}: {drift.trouble}.",
                not_done="What it could not tell is not taken for unchanged.",
                next_step=f"aws cloudformation describe-stack-resource-drifts {where}, "
                f"then {f'flowops drift {environment.name}' if environment else 'flowops drift'}",
            )
        back = putting_back(stack, parameters(deployed), self.config.region, profile)
        undeployed = dict.fromkeys(differing(self.templates.text(file), deployed))
        for resource in drift.resources:
            coded = f"Resources/{resource.logical_id}" in undeployed
            undeployed.pop(f"Resources/{resource.logical_id}", None)
            found = _drifted(account, stack, resource, f"bootstrap/{file} says otherwise, too" if coded else "")
            # What the template changes anyway is overwritten by an ordinary update.
            yield found if found.verdict is Verdict.BOTH else replace(found, ways=(back,))
        for part in undeployed:
            said = f"bootstrap/{file} was not deployed as it is now"
            yield _finding(account, stack, part, "", Verdict.UNAPPLIED, said)


def _drifted(account: str, stack: str, it: DriftedResource, coded: str) -> Finding:
    verdict = Verdict.MISSING if it.deleted else Verdict.BOTH if coded else Verdict.OUT_OF_BAND
    cloud = AttributeChanges(tuple(map(_property, it.properties)))
    summary = "; ".join(filter(None, ("gone from AWS" if it.deleted else "", coded)))
    found = _finding(account, stack, f"Resources/{it.logical_id}", it.type, verdict, summary)
    return replace(found, cloud=cloud, ids=(it.physical_id,) if it.physical_id else ())


def _property(it: PropertyDrift) -> AttributeChange:
    path = it.path.strip("/").replace("/", ".")
    if sounds_secret(path.rpartition(".")[2]):
        return AttributeChange(path, sensitive=True)
    before, after = (Discretion().line(text)[:LONGEST] for text in (it.expected, it.actual))
    return AttributeChange(path, before or None, after or None)


def _finding(account: str, stack: str, part: str, type_: str, verdict: Verdict, summary: str) -> Finding:
    address = f"{account}/{stack}//{part}"
    return Finding("", Source.CLOUDFORMATION, address, type_, verdict, summary=summary)
