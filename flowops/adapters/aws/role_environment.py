"""The environment of a command that acts in a role: its keys in variables, and nothing that leads elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from flowops.adapters.aws.client import Credentials

_LEADING_ELSEWHERE = frozenset(
    {
        "AWS_ACCESS_KEY_ID",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_DEFAULT_PROFILE",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SECURITY_TOKEN",
        "AWS_SESSION_TOKEN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    }
)
_LOOPBACK = "127.0.0.1"


def role_environment(
    ambient: Mapping[str, str], credentials: Credentials, region: str, endpoint_url: str | None = None
) -> dict[str, str]:
    """Return the caller's environment with a role's credentials in place of whatever else says who calls AWS.

    https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html names the variables. Those that say how
    AWS is called (AWS_CA_BUNDLE, AWS_PAGER, AWS_MAX_ATTEMPTS, …) stay. `endpoint_url` leads to an emulated AWS.
    """
    kept = {name: value for name, value in ambient.items() if not _leads_elsewhere(name)}
    keys = {
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_SESSION_TOKEN": credentials.token or "",
        "AWS_CREDENTIAL_EXPIRATION": credentials.expires.isoformat() if credentials.expires else "",
        "AWS_REGION": region,
        # Older SDKs read only this one.
        "AWS_DEFAULT_REGION": region,
    }
    emulated = {"AWS_ENDPOINT_URL": endpoint_url, "AWS_EC2_METADATA_DISABLED": "true"} if endpoint_url else {}
    if endpoint_url:
        # A company's proxy knows nothing of this machine's loopback.
        emulated["NO_PROXY"] = ",".join(filter(None, (ambient.get("NO_PROXY", ""), _LOOPBACK)))
    return {**kept, **{name: value for name, value in keys.items() if value}, **emulated}


def _leads_elsewhere(name: str) -> bool:
    return name in _LEADING_ELSEWHERE or name.startswith("AWS_ENDPOINT_URL_")
