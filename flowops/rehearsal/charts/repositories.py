"""Serves the chart repositories; that of Flowable only to who knows the user and the password in Secrets Manager.

https://helm.sh/docs/topics/chart_repository/
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from moto.secretsmanager.models import secretsmanager_backends
from werkzeug.wrappers import Request, Response

from flowops.model.charts import FLOWABLE
from flowops.rehearsal.charts.names import ALIASES, CREDENTIALS_SECRET, PATH
from flowops.rehearsal.charts.packaging import INDEX, repository
from flowops.rehearsal.settings import Settings

CHARTS = Path(__file__).parents[2] / "data" / "charts"

Credentials = tuple[str, str]
"""User and password."""


class Repositories:
    """Answers requests below PATH; `credentials` returns what opens Flowable's repository now, None where nothing does.

    No answer and no log holds a password.
    """

    def __init__(self, credentials: Callable[[], Credentials | None]) -> None:
        self._credentials = credentials
        self._files = cache(lambda alias: repository(CHARTS / alias))

    def answer(self, environ: dict[str, Any]) -> Response | None:
        """Return the answer, or None for a request that is none of ours."""
        path = str(environ.get("PATH_INFO", ""))
        if not path.startswith(f"{PATH}/"):
            return None
        alias, _, name = path.removeprefix(f"{PATH}/").partition("/")
        request = Request(environ)
        if alias not in ALIASES or request.method not in ("GET", "HEAD"):
            return Response("no such chart repository\n", 404)
        if alias == FLOWABLE and not self._knows(request):
            return Response("wrong user or password\n", 401, {"WWW-Authenticate": 'Basic realm="Flowable charts"'})
        return _file(self._files(alias), name)

    def _knows(self, request: Request) -> bool:
        given, wanted = request.authorization, self._credentials()
        if wanted is None or given is None or given.type != "basic":
            return False
        shown = (given.username or "", given.password or "")
        # Both are compared in any case, each in a time that says nothing of how near it was.
        return all([hmac.compare_digest(*(it.encode() for it in pair)) for pair in zip(shown, wanted, strict=True)])


def credentials_in(settings: Settings) -> Callable[[], Credentials | None]:
    """Return what looks up user and password in the security account, as they are at that moment."""

    def look_up() -> Credentials | None:
        account = settings.id_of("security")
        secret = secretsmanager_backends[account][settings.region].secrets.get(CREDENTIALS_SECRET) if account else None
        if secret is None or secret.is_deleted():
            return None
        version = secret.versions.get(secret.default_version_id) or {}
        return _parsed(version.get("secret_string") or "")

    return look_up


def _parsed(text: str) -> Credentials | None:
    try:
        document = json.loads(text)
        user, password = document["username"], document["password"]
    except (ValueError, KeyError, TypeError):
        return None
    return (str(user), str(password)) if user and password else None


def _file(files: Mapping[str, bytes], name: str) -> Response:
    if name not in files:
        return Response(f"no {name or 'such file'}; the charts are in {INDEX}\n", 404)
    return Response(files[name], content_type="text/yaml" if name == INDEX else "application/gzip")
