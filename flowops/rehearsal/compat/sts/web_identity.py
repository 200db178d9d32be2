"""AssumeRoleWithWebIdentity: a CI job's OIDC token instead of an access key.

The token's signature is not verified: the emulator cannot reach its issuer. Issuer, audience, expiry and every
condition of the trust policy count.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.models import iam_backends

from flowops.model.policy import InvalidPolicy, Principal, Request, evaluate
from flowops.rehearsal.compat.patching import Function
from flowops.rehearsal.compat.sts.assumption import (
    DEFAULT,
    Wish,
    check_duration,
    issue,
    role_at,
    surroundings,
    trust_policy,
)
from flowops.rehearsal.compat.sts.errors import (
    AccessDenied,
    ExpiredToken,
    InvalidIdentityToken,
    MalformedPolicyDocument,
)
from flowops.rehearsal.compat.sts.sessions import PARTITION

ACTION = "sts:AssumeRoleWithWebIdentity"
CLAIMS = ("aud", "sub", "amr", "email", "oaud")


def assume_role(now: Callable[[], datetime], original: Function, self: Any) -> ActionResult:
    """Issue credentials of a role to the subject of a token."""
    moment = now()
    claims = _claims(self._get_param("WebIdentityToken") or "")
    wish = Wish(
        role=self._get_param("RoleArn") or "",
        name=self._get_param("RoleSessionName") or "",
        seconds=self._get_int_param("DurationSeconds", DEFAULT),
        policies=tuple(text for text in [self._get_param("Policy")] if text),
    )
    role = role_at(wish.role)
    if role is None:
        raise AccessDenied(f"Not authorized to perform {ACTION} (there is no role {wish.role})")
    provider = _provider(role.account_id, claims, moment)
    _decide(role, provider, claims, {**wish.context(), **surroundings(role, self.region, moment)})
    check_duration(wish.seconds, role, chained=False)
    answer = issue(self, role, wish, moment)
    told = {"SubjectFromWebIdentityToken": claims.get("sub"), "Audience": _audiences(claims)[0]}
    return ActionResult({**answer.result, **told, "Provider": provider.arn})


def _claims(token: str) -> Mapping[str, Any]:
    """Return the payload of a JSON web token (RFC 7519)."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError) as wrong:
        raise InvalidIdentityToken("The ID Token provided is not a valid JWT.") from wrong
    if not isinstance(claims, dict):
        raise InvalidIdentityToken("The ID Token provided is not a valid JWT.")
    return claims


def _audiences(claims: Mapping[str, Any]) -> list[str]:
    audience = claims.get("aud") or ""
    return [str(item) for item in audience] if isinstance(audience, list) else [str(audience)]


def _provider(account: str, claims: Mapping[str, Any], now: datetime) -> Any:
    """Return the OIDC provider of the account that the token comes from and is meant for."""
    host = _host(claims)
    known = iam_backends[account][PARTITION].open_id_providers.values()
    provider = next((provider for provider in known if provider.url.rstrip("/") == host), None)
    if provider is None:
        raise InvalidIdentityToken(f"No OpenIDConnect provider found in your account for https://{host}")
    if not set(_audiences(claims)) & set(provider.client_id_list):
        raise InvalidIdentityToken("Incorrect token audience")
    if float(claims.get("exp") or 0) <= now.timestamp():
        raise ExpiredToken("Token expired")
    return provider


def _host(claims: Mapping[str, Any]) -> str:
    return str(claims.get("iss", "")).removeprefix("https://").rstrip("/")


def _decide(role: Any, provider: Any, claims: Mapping[str, Any], context: Mapping[str, tuple[str, ...]]) -> None:
    host = _host(claims)
    told = {f"{host}:{name}".lower(): claims[name] for name in CLAIMS if name in claims}
    values = {key: tuple(map(str, v)) if isinstance(v, list) else (str(v),) for key, v in told.items()}
    subject = {**context, **values, "aws:federatedprovider": (provider.arn,)}
    request = Request(Principal(provider.arn, role.account_id), ACTION, role.arn, subject)
    try:
        decision = evaluate(request, identity=(), resource=trust_policy(role), resource_account=role.account_id)
    except InvalidPolicy as wrong:
        raise MalformedPolicyDocument(wrong.happened) from wrong
    if not decision.allowed:
        raise AccessDenied(f"Not authorized to perform {ACTION} ({decision.reason})")
