"""Who am I: walk from the profiles to a role, and say of each hop how it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from flowops.errors import Declined, FlowopsError, WrongAccount
from flowops.model.caller_chain import (
    CallerIdentity,
    Chain,
    Chains,
    Hop,
    HopKind,
    HopState,
    MfaSession,
    ProfileSource,
    name_of,
    require_names,
    target_of,
)
from flowops.model.config import SECURITY, Config
from flowops.model.facts import Facts
from flowops.operations.ports.auth import CallerAws


@dataclass(frozen=True)
class Seen:
    """What the walk is about: the project, what was discovered, and the caller's AWS."""

    config: Config
    facts: Facts | None
    aws: CallerAws
    clock: Callable[[], datetime]

    def hop(self, kind: HopKind, identity: CallerIdentity, how: str = "", until: datetime | None = None) -> Hop:
        """Return a hop that holds, with its account by id, name and alias."""
        name = name_of(identity.account, self.config, self.facts)
        return Hop(kind, identity.arn, HopState.HOLDS, how, identity.account, name, identity.alias, until)


@dataclass(frozen=True)
class _Step:
    """One hop that is still to be walked; `who` names it where it cannot be."""

    kind: HopKind
    who: str
    walk: Callable[[], Hop]


def whoami(seen: Seen, environment: str | None, role: str) -> Chains:
    """Walk to the role in an environment; without one to the management profile, and to the operator's MFA session.

    A hop that fails is in the chain with its error, and so is one that would have to ask when nobody answers.
    UnknownTarget where the environment or the role has another name.
    """
    profile = seen.config.operator.profile
    if environment is not None:
        require_names(seen.config, environment, role)
        steps = [*_own(seen, profile, SECURITY), _session(seen, profile), _role(seen, profile, environment, role)]
        return Chains((_walked(seen, environment, steps),))
    management = _own(seen, seen.config.management.profile, None)
    operator = [*_own(seen, profile, SECURITY), _Step(HopKind.MFA, "-", lambda: _kept(seen, profile))]
    return Chains((_walked(seen, "management", management), _walked(seen, "operator", operator)))


def _walked(seen: Seen, leads: str, steps: list[_Step]) -> Chain:
    return Chain(leads, tuple(_hops(steps)), seen.clock())


def _hops(steps: list[_Step]) -> Iterator[Hop]:
    """Yield each hop as far as the way goes, and those behind its end as not reached."""
    ended = False
    for step in steps:
        hop = Hop(step.kind, step.who, HopState.NOT_REACHED) if ended else _tried(step)
        ended = ended or hop.state in (HopState.FAILED, HopState.WOULD_ASK)
        yield hop


def _tried(step: _Step) -> Hop:
    try:
        return step.walk()
    except Declined as error:
        return Hop(step.kind, step.who, HopState.WOULD_ASK, error=error)
    except FlowopsError as error:
        return Hop(step.kind, step.who, HopState.FAILED, error=error)


def _own(seen: Seen, profile: str, account: str | None) -> list[_Step]:
    """Return the hops of a profile itself; `account` is the one that its caller has to be in."""

    def source() -> Hop:
        return Hop(HopKind.PROFILE, profile, how=_words(seen.aws.source(profile)))

    def identity() -> Hop:
        found = seen.aws.identity(profile)
        expected = seen.config.accounts[account].id if account else None
        if expected is not None and found.account != expected:
            raise WrongAccount(expected, found.account, where=f"profile {profile}")
        return seen.hop(HopKind.IDENTITY, found)

    return [_Step(HopKind.PROFILE, profile, source), _Step(HopKind.IDENTITY, f"profile {profile}", identity)]


def _words(source: ProfileSource) -> str:
    through = f" {source.through}" if source.through else ""
    return f"{source.kind.value}{through}, in {' and '.join(source.files)}"


def _kept(seen: Seen, profile: str) -> Hop:
    """Return the session that is kept; where there is none, nothing here needs one."""
    found = seen.aws.kept(profile)
    if found is not None:
        return _session_hop(found)
    return Hop(HopKind.MFA, seen.aws.device(profile), HopState.WOULD_ASK, "none is kept; the next command asks")


def _session(seen: Seen, profile: str) -> _Step:
    return _Step(HopKind.MFA, f"of profile {profile}", lambda: _session_hop(seen.aws.session(profile)))


def _session_hop(session: MfaSession) -> Hop:
    if not session.device:
        return Hop(HopKind.MFA, "-", how="the profile is used as it is", expires=session.expires)
    return Hop(HopKind.MFA, session.device, how="made now" if session.made else "kept", expires=session.expires)


def _role(seen: Seen, profile: str, environment: str, role: str) -> _Step:
    def assumed() -> Hop:
        identity, until = seen.aws.assume(profile, target_of(seen.config, seen.facts, environment, role))
        return seen.hop(HopKind.ROLE, identity, f"{role} in {environment}", until)

    return _Step(HopKind.ROLE, f"{role} in {environment}", assumed)
