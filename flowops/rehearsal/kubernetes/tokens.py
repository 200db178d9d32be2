"""Tokens of `aws eks get-token`: a URL for GetCallerIdentity, signed by whoever wants in, for one cluster.

What a token has to be is what aws-iam-authenticator, which EKS runs, demands of it:
https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit

PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
LIFETIME = timedelta(minutes=15)
EARLY = timedelta(minutes=5)
LONGEST = 16 * 1024
KNOWN = {
    "action",
    "version",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
}


class Refused(Exception):
    """A token lets nobody in; the text says why, to whoever reads the log."""


@dataclass(frozen=True)
class Claim:
    """What a good token says: somebody has the secret of `access_key`, and shows this session token with it."""

    access_key: str
    session_token: str


def claim_of(
    token: str, *, cluster: str, hosts: Collection[str], secret_of: Callable[[str], str | None], now: datetime
) -> Claim:
    """Return what a token proves; raise Refused where it proves nothing for this cluster, now.

    `hosts` are the names under which STS is reached, each with its port. No URL is ever called.
    """
    url = _url(token)
    if url.netloc not in hosts or url.path not in ("", "/"):
        raise Refused(f"it is not for STS at {' or '.join(sorted(hosts))}")
    query = _query(url)
    if query.get("action") != "GetCallerIdentity":
        raise Refused("it is not for GetCallerIdentity")
    _check_time(query, now)
    access_key = query.get("x-amz-credential", "").partition("/")[0]
    secret = secret_of(access_key)
    if secret is None:
        raise Refused("its access key does not exist")
    headers = {"host": url.netloc, CLUSTER_HEADER: cluster}
    if not hmac.compare_digest(_signature(url, query, headers, secret), query.get("x-amz-signature", "")):
        raise Refused(f"its signature is not that of its access key for the cluster {cluster}")
    return Claim(access_key, query.get("x-amz-security-token", ""))


def _url(token: str) -> SplitResult:
    encoded = token.removeprefix(PREFIX)
    if encoded == token or len(token) > LONGEST:
        raise Refused(f"it does not begin with {PREFIX}, or is too long")
    try:
        text = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True).decode("ascii")
        return urlsplit(text)
    except (binascii.Error, ValueError) as error:
        raise Refused("it is no URL") from error


def _query(url: SplitResult) -> Mapping[str, str]:
    """Return the parameters in lower case, each of them known and there once."""
    try:
        pairs = parse_qsl(url.query, keep_blank_values=True, strict_parsing=True)
    except ValueError as error:
        raise Refused("its query cannot be read") from error
    names = [name.lower() for name, _ in pairs]
    if len(set(names)) < len(names) or not set(names) <= KNOWN:
        raise Refused("a parameter is there twice, or is none of such a URL")
    return dict(zip(names, (value for _, value in pairs), strict=True))


def _check_time(query: Mapping[str, str], now: datetime) -> None:
    try:
        signed = datetime.strptime(query["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        seconds = int(query.get("x-amz-expires", ""))
    except (KeyError, ValueError) as error:
        raise Refused("its date or its lifetime cannot be read") from error
    if not 0 < seconds <= LIFETIME.total_seconds():
        raise Refused("its lifetime is none of up to 15 minutes")
    if not signed - EARLY <= now <= signed + LIFETIME:  # as on AWS, whatever lifetime the URL itself asks for
        raise Refused("it has expired")


def _signature(url: SplitResult, query: Mapping[str, str], headers: Mapping[str, str], secret: str) -> str:
    """Return the signature that the URL has if the secret made it.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    """
    signed = query.get("x-amz-signedheaders", "").split(";")
    if query.get("x-amz-algorithm") != "AWS4-HMAC-SHA256" or sorted(signed) != sorted(headers):
        raise Refused(f"it does not sign exactly the headers {' and '.join(sorted(headers))}")
    scope = query.get("x-amz-credential", "").split("/")[1:]
    if len(scope) != 4 or scope[0] != query["x-amz-date"][:8] or scope[2:] != ["sts", "aws4_request"]:
        raise Refused("its credential is not for STS on that day")
    pairs = parse_qsl(url.query, keep_blank_values=True)
    unsigned = sorted((_quoted(name), _quoted(value)) for name, value in pairs if name.lower() != "x-amz-signature")
    canonical = "\n".join(
        [
            "GET",
            url.path or "/",
            "&".join(f"{name}={value}" for name, value in unsigned),
            *(f"{name}:{headers[name].strip()}" for name in signed),
            "",
            ";".join(signed),
            hashlib.sha256(b"").hexdigest(),
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", query["x-amz-date"], "/".join(scope), digest])
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
