"""Tokens of `aws eks get-token`, as whoever looks at one sees it: whose it is."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from flowops.adapters.process import Completed, Processes

CLUSTER = "flowable-dev"
GET_TOKEN = ("eks", "get-token", "--cluster-name", CLUSTER, "--region", "eu-central-1")


def asked(aws: Path, arguments: Sequence[str], env: Mapping[str, str], folder: Path) -> Completed:
    """Run the aws command line with these arguments; `folder` is its home, in which it keeps sessions."""
    return Processes().run([str(aws), *arguments], env={**env, "HOME": str(folder)}, cwd=folder, timeout=300)


def holder(answer: str) -> str:
    """Return the ARN of whoever made the token in an answer of the aws command line, as its STS says."""
    token = json.loads(answer)["status"]["token"].removeprefix("k8s-aws-v1.")
    url = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    scope = parse_qs(urlsplit(url).query)["X-Amz-Credential"][0]
    # moto finds the service in this header only; whoever reviews a token sends it along.
    headers = {"x-k8s-aws-id": CLUSTER, "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"}
    body = build_opener(ProxyHandler({})).open(Request(url, headers=headers), timeout=60).read().decode()
    found = re.search(r'arn:aws:sts::[^<"]+', body)
    assert found, body
    return found[0]
