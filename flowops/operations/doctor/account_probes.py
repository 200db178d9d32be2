"""The looks at what stands in the accounts, and at what they have to give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from flowops.model.config import SECURITY
from flowops.model.deployment import Environment
from flowops.model.doctor import Line, fine
from flowops.model.doctor_facts import QUOTAS, Quota, Wanted
from flowops.model.facts import Facts
from flowops.model.stacks import (
    ENVIRONMENT_STACK,
    SECURITY_STACK,
    STATE_BUCKET_OUTPUT,
    STATE_KEY_OUTPUT,
    access_stack_name,
    template_of,
)
from flowops.operations.doctor import bucket, offers, standing
from flowops.operations.doctor.examination import Probe, key_of
from flowops.operations.doctor.probes import Ports, Scope
from flowops.operations.doctor.project import restore


def account_probes(scope: Scope, ports: Ports) -> Iterator[Probe]:
    """Yield the looks at stacks, bucket, states, locks and secrets."""
    into_security = key_of("account-access", SECURITY)
    for account in scope.accounts:
        entered = (key_of("account-access", account),)
        yield Probe("stack-status", partial(_stacks, scope, ports, account), account, entered)
        yield Probe("stack-template", partial(_templates, scope, ports, account), account, entered)
    yield Probe("state-bucket", partial(_bucket, ports), needs=(into_security, "lock-file"))
    for check, judge in bucket.SETTINGS.items():
        yield Probe(check, partial(_setting, scope, ports, judge), needs=("state-bucket",))
    yield Probe("bucket-tls", partial(_transport, scope, ports), needs=("state-bucket",))
    for account in scope.environment_accounts:
        needed = ("state-bucket", key_of("account-ids", account))
        yield Probe("lock-support", partial(_lock_support, scope, ports, account), account, needed)
    for name in scope.environments:
        needs = (key_of("operator-roles", name), "tree")
        yield Probe("states", partial(_states, ports, name), name, needs)
        yield Probe("locks", partial(_locks, ports, name), name, needs)
    way = into_security if ports.identities.managed else "operator-session"
    yield Probe("secrets", partial(_secrets, scope, ports), needs=(way, "lock-file"))


def offer_probes(scope: Scope, ports: Ports) -> Iterator[Probe]:
    """Yield the looks at what an environment's units ask of account and region."""
    looks: tuple[tuple[str, Callable[..., Iterator[Line]]], ...] = (
        ("availability-zones", _zones),
        ("instance-types", _instance_types),
        ("database-engines", _databases),
        ("kubernetes-version", _kubernetes),
    )
    for name in scope.environments:
        into = key_of("account-access", scope.account_of(name))
        yield Probe("region", partial(_region, scope, ports, name), name, (into, "tree"))
        needs = (key_of("region", name),)
        for check, look in looks:
            yield Probe(check, partial(look, scope, ports, name), name, needs)
        for quota in QUOTAS:
            yield Probe(quota.check, partial(_quota, scope, ports, quota, name), name, needs)


def _names(scope: Scope, account: str) -> tuple[str, ...]:
    if account == SECURITY:
        return (SECURITY_STACK, *map(access_stack_name, scope.environments))
    return (ENVIRONMENT_STACK,)


def _stacks(scope: Scope, ports: Ports, account: str) -> Iterator[Line]:
    facts = ports.project.facts()
    for number, name in enumerate(_names(scope, account)):
        found = ports.accounts.stack(account, name)
        yield standing.stack_status(account, name, found)
        if facts is not None and number == 0 and account in facts.accounts:
            yield from standing.outdated(account, facts.accounts[account].outputs, found)


def _templates(scope: Scope, ports: Ports, account: str) -> Iterator[Line]:
    for name in _names(scope, account):
        file, deployed = template_of(name), ports.accounts.deployed(account, name)
        if deployed is not None:
            own = ports.project.template(file)
            yield standing.stack_template(account, name, file, own=own, deployed=deployed)


def _bucket(ports: Ports) -> Iterator[Line]:
    name = _outputs(ports.project.facts()).get(STATE_BUCKET_OUTPUT, "")
    yield fine("state-bucket", name) if ports.accounts.bucket(name) else bucket.gone(name)


def _setting(scope: Scope, ports: Ports, judge: bucket.Judge) -> Iterator[Line]:
    outputs = _outputs(ports.project.facts())
    found = ports.accounts.bucket(outputs.get(STATE_BUCKET_OUTPUT, ""))
    if found is not None:
        yield judge(found, outputs.get(STATE_KEY_OUTPUT, ""), scope.home(SECURITY))


def _outputs(facts: Facts | None) -> dict[str, str]:
    security = facts.security if facts else None
    return dict(security.outputs) if security else {}


def _transport(scope: Scope, ports: Ports) -> Iterator[Line]:
    facts = ports.project.facts()
    found = ports.accounts.bucket(_outputs(facts).get(STATE_BUCKET_OUTPUT, ""))
    if found is not None and facts is not None:
        security = scope.config.accounts[SECURITY].id or ""
        yield bucket.transport(found, security, facts.organization.id, partial(_policy, scope, ports, found.name))


def _lock_support(scope: Scope, ports: Ports, account: str) -> Iterator[Line]:
    facts = ports.project.facts()
    found = ports.accounts.bucket(_outputs(facts).get(STATE_BUCKET_OUTPUT, ""))
    if found is not None and facts is not None:
        security, holder = (scope.config.accounts[name].id or "" for name in (SECURITY, account))
        mend = partial(_policy, scope, ports, found.name)
        lost = "" if ports.project.locks_by_file() else restore(scope.checkout, "deployments/root.hcl")
        yield bucket.locks(found, security, holder, facts.organization.id, restore=lost, mend=mend)


def _policy(scope: Scope, ports: Ports, name: str) -> str:
    return bucket.policy_command(name, ports.accounts.expected_bucket_policy(), scope.home(SECURITY))


def _states(ports: Ports, name: str) -> Iterator[Line]:
    yield from standing.damaged(name, ports.accounts.states(_environment(ports, name)))


def _locks(ports: Ports, name: str) -> Iterator[Line]:
    yield from standing.locks(name, ports.accounts.locks(name))


def _secrets(scope: Scope, ports: Ports) -> Iterator[Line]:
    yield from standing.secrets(ports.accounts.secrets(scope.environments))


def _environment(ports: Ports, name: str) -> Environment:
    return ports.project.deployment().environment(name)


def _wanted(scope: Scope, ports: Ports, name: str) -> tuple[str, Wanted, str]:
    account, wanted = scope.account_of(name), ports.project.wanted(_environment(ports, name))
    return account, wanted, scope.reach(account)


def _region(scope: Scope, ports: Ports, name: str) -> Iterator[Line]:
    account, wanted, _ = _wanted(scope, ports, name)
    yield offers.region(wanted, ports.offers.region(account, wanted.region), scope.home(account))


def _zones(scope: Scope, ports: Ports, name: str) -> Iterator[Line]:
    account, wanted, reach = _wanted(scope, ports, name)
    yield offers.zones(wanted, ports.offers.zones(account, wanted.region), reach)


def _instance_types(scope: Scope, ports: Ports, name: str) -> Iterator[Line]:
    account, wanted, reach = _wanted(scope, ports, name)
    yield from offers.instance_types(wanted, ports.offers.instance_types(account, wanted), reach)


def _databases(scope: Scope, ports: Ports, name: str) -> Iterator[Line]:
    account, wanted, reach = _wanted(scope, ports, name)
    for it in wanted.databases:
        versions = ports.offers.databases(account, wanted.region, it.engine, it.instance_class)
        yield offers.database(wanted, it, versions, reach)
    if not wanted.databases:
        yield fine("database-engines", f"{name}: no unit makes a database")


def _kubernetes(scope: Scope, ports: Ports, name: str) -> Iterator[Line]:
    account, wanted, reach = _wanted(scope, ports, name)
    versions = ports.offers.kubernetes(account, wanted.region) if wanted.kubernetes else {}
    yield offers.kubernetes(wanted, versions, reach)


def _quota(scope: Scope, ports: Ports, quota: Quota, name: str) -> Iterator[Line]:
    account, wanted, reach = _wanted(scope, ports, name)
    if not offers.needed(wanted, quota):
        yield fine(quota.check, f"{name}: no unit takes any {quota.title}")
        return
    use = ports.offers.use(account, wanted, quota)
    yield offers.quota(wanted, quota, use, ports.offers.limit(account, wanted.region, quota), reach)
