"""Who stands in the security account without being in a group that flowops made, or with more than that gives. Pure.

People get their rights from the groups `<env>_dev_ops_admin`, `<env>_flowable_admin` and `<env>_flowable_user` alone,
and the roles admit users below /flowable/ only (bootstrap/README.md, "Who may what").
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flowops.model.drift.finding import Finding, Source, Verdict, Way
from flowops.model.plaintext import printable

PATH = "/flowable/"
KINDS = ("dev_ops_admin", "flowable_admin", "flowable_user")
"""What the groups of an environment are called after its name."""


@dataclass(frozen=True)
class Group:
    """One IAM group."""

    name: str
    arn: str
    path: str


@dataclass(frozen=True)
class Person:
    """One IAM user: the groups it is in, its own policies, the ids of its active keys, and how many MFA devices.

    `attached` are ARNs of managed policies, `inline` names of its own ones.
    """

    name: str
    arn: str
    path: str
    groups: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    active_keys: tuple[str, ...] = ()
    devices: int = 0


def known_groups(environments: Iterable[str]) -> frozenset[str]:
    """Return the names of the groups that the bootstrap makes for these environments."""
    return frozenset(f"{environment}_{kind}" for environment in environments for kind in KINDS)


@dataclass(frozen=True)
class Strangers:
    """What is not as the bootstrap and `users` leave it; `profile` is what people use in that account by hand."""

    environment: str
    known: frozenset[str]
    profile: str

    def findings(self, people: Iterable[Person], groups: Iterable[Group]) -> Iterator[Finding]:
        """Yield one finding for each thing that is wrong, groups first, by name."""
        for group in sorted(groups, key=lambda it: it.name):
            if group.name not in self.known:
                yield self._unknown_group(group)
        for person in sorted(people, key=lambda it: it.name):
            yield from self._of(person)

    def _of(self, it: Person) -> Iterator[Finding]:
        member = sorted(self.known.intersection(it.groups))
        if not member:
            yield self._in_no_group(it)
        elif not it.path.startswith(PATH):
            yield self._elsewhere(it, member)
        if it.attached or it.inline:
            yield self._own_policies(it)
        if it.active_keys and not it.devices:
            yield self._without_mfa(it)

    def _unknown_group(self, it: Group) -> Finding:
        return self._finding(
            it.arn,
            "unknown",
            "aws_iam_group",
            it.name,
            f"group {it.name} at {it.path} is none of those that flowops makes for an environment",
            Way("accept", self._command("delete-group", group_name=it.name)),
        )

    def _in_no_group(self, it: Person) -> Finding:
        others = f" (but in {', '.join(sorted(it.groups))})" if it.groups else ""
        return self._user(
            it,
            "in-no-known-group",
            f"user {it.name} is in no group that flowops knows{others}",
            Way("accept", self._command("delete-user", user_name=it.name)),
            Way("adopt", _adopting(it, "--group GROUP")),
        )

    def _elsewhere(self, it: Person, member: list[str]) -> Finding:
        leave = [self._command("remove-user-from-group", user_name=it.name, group_name=name) for name in member]
        return self._user(
            it,
            "outside-the-path",
            f"user {it.name} is in {', '.join(member)}, but stands at {it.path}, from where no role admits anybody",
            Way("accept", "\n".join(leave)),
            Way("adopt", _adopting(it)),
        )

    def _own_policies(self, it: Person) -> Finding:
        names = (*it.inline, *(arn.rpartition("/")[2] for arn in it.attached))
        detach = [self._command("detach-user-policy", user_name=it.name, policy_arn=arn) for arn in it.attached]
        delete = [self._command("delete-user-policy", user_name=it.name, policy_name=name) for name in it.inline]
        return self._user(
            it,
            "own-policies",
            f"user {it.name} has policies besides those of its groups: {', '.join(names)}",
            Way("accept", "\n".join((*detach, *delete))),
        )

    def _without_mfa(self, it: Person) -> Finding:
        count = f"{len(it.active_keys)} active access key{'s' if len(it.active_keys) > 1 else ''}"
        stop = (
            self._command("update-access-key", user_name=it.name, access_key_id=key, status="Inactive")
            for key in it.active_keys
        )
        return self._user(
            it,
            "keys-without-mfa",
            f"user {it.name} has {count} and no MFA device",
            Way("accept", "\n".join(stop)),
        )

    def _user(self, it: Person, problem: str, summary: str, *ways: Way) -> Finding:
        return self._finding(it.arn, problem, "aws_iam_user", it.name, summary, *ways)

    def _finding(self, arn: str, problem: str, type_: str, name: str, summary: str, *ways: Way) -> Finding:
        return Finding(
            self.environment,
            Source.IAM,
            # With the problem, so that a rule can ignore this one and another one still shows.
            f"{printable(arn)}//{problem}",
            type_,
            Verdict.OUT_OF_BAND,
            ids=(printable(name), printable(arn)),
            summary=printable(summary),
            ways=ways,
        )

    def _command(self, verb: str, **options: str) -> str:
        given = {**options, "profile": self.profile}
        words = (_option(key.replace("_", "-"), printable(value)) for key, value in given.items())
        return f"aws iam {verb} {' '.join(words)}"


def _adopting(it: Person, *more: str) -> str:
    """Return the command that brings a user below PATH, into a group and to MFA, as far as one of them is missing."""
    name = printable(it.name)
    return " ".join(["flowops users adopt", *more, *(["--"] if name.startswith("-") else []), shlex.quote(name)])


def _option(name: str, value: str) -> str:
    """Return an option with a value that the shell takes for one word, and `aws` for no option of its own."""
    return f"--{name}{'=' if value.startswith('-') else ' '}{shlex.quote(value)}"
