"""The looks at who calls AWS, from the files on this machine to a role in an environment's account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from flowops.errors import CredentialsError, FlowopsError
from flowops.model.access import Access
from flowops.model.config import SECURITY
from flowops.model.doctor import Line, fine, wrong
from flowops.model.doctor_facts import Device
from flowops.model.drift.people import PATH
from flowops.operations.doctor import access
from flowops.operations.doctor.examination import Probe, key_of
from flowops.operations.doctor.probes import Ports, Scope
from flowops.operations.ports.doctor import Identities

ANSWER_SECONDS = 7.0
"""Within this time AWS answers, or it is said that it does not."""


def identity_probes(scope: Scope, ports: Ports) -> Iterator[Probe]:
    """Yield the looks at profiles, callers, sessions and roles."""
    told = ports.identities
    yield Probe("profiles", partial(_profiles, scope, told), grave=True)
    yield Probe("mfa-serial", partial(_mfa_serial, scope, told), needs=("profiles",), grave=True)
    yield Probe("aws-answers", partial(_answers, told), grave=True, seconds=ANSWER_SECONDS)
    yield Probe("clock", lambda: (access.clock(told.ahead()),), needs=("aws-answers",))
    if told.managed:
        yield Probe("management-account", partial(_management, told), needs=("clock",), grave=True)
    known = ("clock", "profiles", key_of("account-ids", SECURITY))
    yield Probe("operator", partial(_operator, scope, told), needs=known, grave=True)
    yield Probe("operator-mfa", partial(_operator_mfa, told), needs=("operator",))
    chain = ("operator", "operator-mfa", "mfa-serial")
    yield Probe("operator-session", partial(_session, scope, told), needs=chain)
    way = "management-account" if told.managed else "operator-session"
    for account in scope.accounts:
        before = ("clock", key_of("account-ids", account), way)
        yield Probe("account-access", partial(_enter, scope, told, account), account, before, grave=True)
    for account in scope.environment_accounts:
        needs = (key_of("account-access", account), "lock-file")
        yield Probe("role-trust", partial(_trust, scope, ports, account), account, needs)
        yield Probe("role-duration", partial(_durations, scope, ports, account), account, needs)
    for name in scope.environments:
        admitted = ("operator-session", "tree", key_of("role-trust", scope.account_of(name)))
        yield Probe("operator-roles", partial(_roles, ports, name), name, admitted)


def _profiles(scope: Scope, told: Identities) -> Iterator[Line]:
    flaws = told.flaws()
    yield from (wrong("profiles", it.text, it.mend) for it in flaws)
    if not flaws:
        yield from access.profiles(scope.config, told.profiles(), scope.aws_files)


def _answers(told: Identities) -> Iterator[Line]:
    told.ahead()
    yield fine("aws-answers", "AWS answers")


def _management(told: Identities) -> Iterator[Line]:
    yield fine("management-account", told.management())


def _operator(scope: Scope, told: Identities) -> Iterator[Line]:
    yield access.operator(told.caller(), scope.config)


def _operator_mfa(told: Identities) -> Iterator[Line]:
    caller = told.caller()
    yield access.operator_mfa(caller, told.devices(caller.user) if caller.user else ())


def _mfa_serial(scope: Scope, told: Identities) -> Iterator[Line]:
    profile, id_ = scope.config.operator.profile, scope.config.accounts[SECURITY].id
    example = f"arn:aws:iam::{id_ or 'ACCOUNT'}:mfa{PATH}USER"
    yield access.mfa_serial(profile, told.settings(profile), _devices(told), example)


def _devices(told: Identities) -> Sequence[Device]:
    """Return the operator's devices, none where AWS cannot tell: what a file says is judged without AWS, too."""
    try:
        caller = told.caller()
        return told.devices(caller.user) if caller.user else ()
    except FlowopsError:
        return ()


def _session(scope: Scope, told: Identities) -> Iterator[Line]:
    found = told.session()
    profile = scope.config.operator.profile
    yield access.session(found.left) if found else access.no_session(profile, scope.environments[0])


def _enter(scope: Scope, told: Identities, account: str) -> Iterator[Line]:
    yield access.entered(account, scope.config.accounts[account].id or "", told.enter(account))


def _trust(scope: Scope, ports: Ports, account: str) -> Iterator[Line]:
    facts = ports.project.facts()
    environment = next(name for name in scope.environments if scope.account_of(name) == account)
    profile = scope.config.accounts[account].profile
    for role in ports.accounts.roles(account) if facts else ():

        def mend(name: str = role.name) -> str:
            expected = ports.accounts.expected_trust(account, name)
            return access.trust_command(name, expected, profile, environment)

        organization = facts.organization.id if facts else ""
        yield access.trust(role, scope.config.accounts[SECURITY].id or "", organization, mend)


def _durations(scope: Scope, ports: Ports, account: str) -> Iterator[Line]:
    for role in ports.accounts.roles(account):
        yield access.duration(role, scope.config.accounts[account].profile)


def _roles(ports: Ports, name: str) -> Iterator[Line]:
    told = ports.identities
    environment = ports.project.deployment().environment(name)
    for wanted in Access:
        try:
            told.assume(environment, wanted)
        except CredentialsError as error:
            yield access.refused_role(name, wanted, error.happened, told.caller().user)
        else:
            yield fine("operator-roles", f"the operator becomes {wanted.value} of {name}")
