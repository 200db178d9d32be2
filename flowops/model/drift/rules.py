"""What a project ignores of drift, until when and on whose word; and who answers for what. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase

from flowops.errors import nearest
from flowops.model.attributes import AttributeChanges, enclosing
from flowops.model.drift.finding import Finding, Ignored, Source, Verdict
from flowops.model.drift.result import RuleTrouble
from flowops.model.drift.spots import Spot, may_begin
from flowops.model.rules import names

NEVER_MATCHED = "never matched"


@dataclass(frozen=True)
class IgnoreRule:
    """One rule; `where` is its file and line. Without an `attribute` it is about the whole finding.

    It holds through the day on which it `expires`, in UTC.
    """

    where: str
    address: str
    reason: str
    owner: str
    expires: date
    environment: str = "*"
    attribute: str = ""
    verdict: Verdict | None = None

    def matches(self, finding: Finding) -> bool:
        """Return whether the rule is about this finding."""
        return (
            fnmatchcase(finding.environment, self.environment)
            and names(self.address, finding.address)
            and self.verdict in (None, finding.verdict)
            and (not self.attribute or any(self.about(it.path) for it in (*finding.cloud.shown, *finding.code.shown)))
        )

    def may_be_in(self, spot: Spot) -> bool:
        """Return whether what is found in a spot may be what the rule is about."""
        return (
            fnmatchcase(spot.environment, self.environment)
            and may_begin(self.address, spot.begins)
            and (self.verdict is None or spot.unmanaged is (self.verdict is Verdict.UNMANAGED))
        )

    def about(self, path: str) -> bool:
        """Return whether the rule is about an attribute: it, or what it is part of."""
        return any(names(self.attribute, it) for it in enclosing(path))


@dataclass(frozen=True)
class Owner:
    """Who answers for the addresses that a glob names."""

    address: str
    owner: str


@dataclass(frozen=True)
class DriftRules:
    """Everything flowops.drift.yaml says."""

    ignore: tuple[IgnoreRule, ...] = ()
    owners: tuple[Owner, ...] = ()

    def applied(self, finding: Finding, today: date) -> tuple[Finding, Collection[IgnoreRule]]:
        """Return the finding with owner and without what is ignored of it, and the rules that matched it.

        Attributes are ignored one by one: what is left of the finding has the verdict of what is left. A rule that has
        expired matches, and ignores nothing.
        """
        owned = replace(finding, owner=finding.owner or self._owner(finding))
        if finding.verdict is Verdict.NOISE:
            return owned, ()
        matching = tuple(it for it in self.ignore if it.matches(finding))
        valid = tuple(it for it in matching if it.expires >= today)
        whole = next((it for it in valid if not it.attribute), None)
        if whole is not None:
            return replace(owned, ignored=_ignored(whole)), matching
        return _without(owned, valid), matching

    def _owner(self, finding: Finding) -> str:
        return next((it.owner for it in self.owners if names(it.address, finding.address)), "")

    def troubles(
        self,
        matched: Collection[IgnoreRule],
        known: Mapping[str, Collection[str]],
        today: date,
        unseen: Collection[Spot],
    ) -> tuple[RuleTrouble, ...]:
        """Return the rules that do nothing: those that have expired, and those that can match nothing.

        `known` are the attributes of each resource that was looked at, by address. A rule about one of them may match
        tomorrow; of one that may be about what is `unseen` nothing is said.
        """
        found = ((it, self._trouble(it, matched, known, today, unseen)) for it in self.ignore)
        return tuple(RuleTrouble(rule.where, rule.address, rule.owner, trouble) for rule, trouble in found if trouble)

    def _trouble(
        self,
        rule: IgnoreRule,
        matched: Collection[IgnoreRule],
        known: Mapping[str, Collection[str]],
        today: date,
        unseen: Collection[Spot],
    ) -> str:
        if rule.expires < today:
            return f"expired on {rule.expires}"
        if rule in matched:
            return ""
        named = [keys for address, keys in known.items() if names(rule.address, address)]
        root, there = next(enclosing(rule.attribute)), {key for keys in named for key in keys}
        if root and there and not any(names(root, it) for it in there):
            return f"what it names has no attribute {root!r}; {nearest(root, there)}"
        return "" if named or any(map(rule.may_be_in, unseen)) else NEVER_MATCHED


def _without(finding: Finding, rules: tuple[IgnoreRule, ...]) -> Finding:
    """Return the finding without the attributes that rules ignore."""
    if not rules:
        return finding
    cloud, code = _left(finding.cloud, rules), _left(finding.code, rules)
    if cloud == finding.cloud and code == finding.code:
        return finding
    if not (cloud.shown or cloud.more or code.shown or code.more or _acts(finding)):
        return replace(finding, ignored=_ignored(rules[0]))
    return replace(finding, cloud=cloud, code=code, verdict=_verdict(finding, cloud, code))


def _left(changes: AttributeChanges, rules: tuple[IgnoreRule, ...]) -> AttributeChanges:
    return replace(changes, shown=tuple(it for it in changes.shown if not any(rule.about(it.path) for rule in rules)))


def _verdict(finding: Finding, cloud: AttributeChanges, code: AttributeChanges) -> Verdict:
    if finding.source is not Source.TERRAFORM or finding.verdict is not Verdict.BOTH:
        return finding.verdict
    if not (cloud.shown or cloud.more):
        return Verdict.UNAPPLIED
    return finding.verdict if code.shown or code.more or _acts(finding) else Verdict.OUT_OF_BAND


def _acts(finding: Finding) -> bool:
    """Say whether the code would create, replace or destroy it: no rule about an attribute is about that."""
    return bool(finding.summary) and finding.verdict in (Verdict.BOTH, Verdict.UNAPPLIED)


def _ignored(rule: IgnoreRule) -> Ignored:
    return Ignored(rule.reason, rule.owner, rule.expires, rule.where)
