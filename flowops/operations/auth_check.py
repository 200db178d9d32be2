"""What may I do: the calls of every verb, held against the policies that decide about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flowops.model.access import ROLES, source_identity
from flowops.model.authorization import Call, History, requests_of
from flowops.model.caller_chain import region_of, require_names, target_of
from flowops.model.ci import is_pipeline
from flowops.model.config import SECURITY, Config
from flowops.model.facts import Facts, not_bootstrapped
from flowops.model.may import Document, Holder, MayCheck, MayRow, judge
from flowops.model.policy import Request
from flowops.model.stacks import (
    LICENSE_SECRET_OUTPUT,
    REPOSITORY_SECRET_OUTPUT,
    STATE_BUCKET_OUTPUT,
    STATE_KEY_OUTPUT,
    account_id,
)
from flowops.model.verb_calls import OPERATOR, Ground, VerbCall, calls_of
from flowops.operations.ports.auth import PolicyDocuments

WORKLOAD_BOUNDARY_OUTPUT = "WorkloadBoundaryArn"


def check(
    config: Config, facts: Facts | None, environment: str, role: str | None, *, documents: PolicyDocuments
) -> MayCheck:
    """Return what the caller may do in an environment, with the statement that decides each request.

    With `role` it is what that role may do, in place of the role that each verb takes. UnknownTarget where the
    environment or the role has another name, UsageError where the accounts were not bootstrapped.
    """
    require_names(config, environment, role or ROLES[0])
    if facts is None or not facts.security or not facts.security.outputs:
        raise not_bootstrapped("state bucket", SECURITY, not_done="No policy was read.")
    roles = {name: target_of(config, facts, environment, name).role_arn for name in ROLES}
    caller = documents.caller()
    ground = _ground(config, facts, environment, caller, roles)
    bench = _Bench(ground, facts, account_id(config, SECURITY), caller, documents)
    rows = [row for call in calls_of(ground, role) for row in bench.rows(call)]
    # Several calls of a verb may need the same, such as the key of the state.
    once = {(it.verb, it.by, it.action, it.resource, it.verdict): it for it in rows}
    return MayCheck(environment, _arn(caller), role or "", tuple(once.values()))


def _arn(caller: Holder) -> str:
    return caller.principal.session or caller.principal.arn


def _ground(config: Config, facts: Facts, environment: str, caller: Holder, roles: Mapping[str, str]) -> Ground:
    chosen = config.environments[environment]
    number, outputs = account_id(config, chosen.account), facts.accounts[chosen.account].outputs
    security = facts.security.outputs if facts.security else {}
    own = facts.environments[environment].outputs if environment in facts.environments else {}
    secrets = (security.get(REPOSITORY_SECRET_OUTPUT, ""), own.get(LICENSE_SECRET_OUTPUT, ""))
    return Ground(
        environment,
        config.project,
        number,
        region_of(config, environment),
        f"{number}/{chosen.path}",
        config.layers[0],
        security[STATE_BUCKET_OUTPUT],
        security[STATE_KEY_OUTPUT],
        roles,
        outputs.get(WORKLOAD_BOUNDARY_OUTPUT, ""),
        tuple(arn for arn in secrets if arn),
        source_identity(_arn(caller)),
        facts.external_id(chosen.account) if is_pipeline(_arn(caller)) else "",
    )


class _Bench:
    """Turns calls into requests, learning of earlier ones for later ones, and judges each."""

    def __init__(
        self, ground: Ground, facts: Facts, security_id: str, caller: Holder, documents: PolicyDocuments
    ) -> None:
        self._ground, self._caller, self._documents = ground, caller, documents
        self._security_id, self._organization = security_id, facts.organization.id
        self._history = History(bucket_keys={ground.bucket: ground.key}, owners={ground.bucket: security_id})

    def rows(self, call: VerbCall) -> Iterator[MayRow]:
        """Yield the requests that AWS would evaluate for a call, each with its answer."""
        own = call.by == OPERATOR
        holder = self._caller if own else self._documents.role(self._ground.roles[call.by])[0]
        record = {
            "action": call.operation,
            "account": self._security_id if own else self._ground.account,
            "region": self._ground.region,
            "principal": holder.principal.session or holder.principal.arn,
            "role": holder.principal.arn if holder.principal.kind == "role" else "",
            "parameters": dict(call.parameters),
        }
        for request in requests_of(record, self._history, organization=self._organization):
            owner = next(iter(request.values("aws:resourceaccount")), "")
            verdict = judge(request, holder, self._on(request), owner)
            yield MayRow(call.verb, call.by, request.action, request.resource, verdict)
        self._history.learn(Call.from_record(record))

    def _on(self, request: Request) -> Document | None:
        """Return the policy on what a request is about, None where none of ours stands there."""
        service, resource = request.action.partition(":")[0], request.resource
        if service == "sts":
            return self._documents.role(resource)[1]
        if service == "s3" and resource.partition("/")[0] == f"arn:aws:s3:::{self._ground.bucket}":
            return self._documents.bucket(self._ground.bucket)
        if service == "kms" and resource == self._ground.key:
            return self._documents.key(resource)
        return self._documents.secret(resource) if resource in self._ground.secrets else None
