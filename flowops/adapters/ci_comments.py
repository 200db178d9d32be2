"""Comments of pull requests on GitHub and of merge requests on GitLab, by their REST interfaces."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError

from flowops.adapters.web import FAILURES, Unsafe, Web
from flowops.errors import OperationFailed
from flowops.model.ci_comment import Comment, Place
from flowops.model.plaintext import printable

_PAGE = 100
_REFUSED = {
    401: "the token is none that it knows",
    403: "the token may not do that",
    404: "there is no such request, or the token may not see it",
}


class RequestComments:
    """Comments as one token reads and writes them."""

    def __init__(self, web: Web) -> None:
        self._web = web

    def all(self, place: Place) -> Iterator[Comment]:
        """Yield them, oldest first; OperationFailed where they cannot be read."""
        number = 1
        while page := self._asked(place, f"{place.listed}?per_page={_PAGE}&page={number}&sort=asc&order_by=created_at"):
            yield from (_comment(it) for it in page)
            if len(page) < _PAGE:
                return
            number += 1

    def add(self, place: Place, body: str) -> None:
        """Write a new one; OperationFailed where that cannot be done."""
        self._asked(place, place.listed, "POST", body)

    def change(self, place: Place, comment: Comment, body: str) -> None:
        """Write another text in place of one's; OperationFailed where that cannot be done."""
        self._asked(place, f"{place.each}/{comment.id}", place.change, body)

    def _asked(self, place: Place, url: str, method: str = "GET", body: str | None = None) -> Any:
        headers = {**place.headers, "Content-Type": "application/json"}
        content = None if body is None else json.dumps({"body": body}).encode()
        try:
            with self._web.open(url, headers, method=method, content=content) as answer:
                return json.loads(answer.read())
        except HTTPError as error:
            error.close()
            why = _REFUSED.get(error.code, "it does not say why in words of ours")
            raise _failed(place, f"answered {error.code}: {why}") from error
        except (*FAILURES, HTTPException, Unsafe) as error:
            raise _failed(place, f"gave no answer: {printable(str(error))}") from error


def _comment(found: Mapping[str, Any]) -> Comment:
    # GitHub tells machines from people; GitLab does not.
    kind = (found.get("user") or {}).get("type", "Bot")
    return Comment(int(found["id"]), str(found.get("body") or ""), kind == "Bot")


def _failed(place: Place, why: str) -> OperationFailed:
    return OperationFailed(
        f"{place.forge} {why}.",
        not_done="The comment is as it was.",
        next_step="flowops ci comment FILE, with a token that may write comments; the report is an artifact of the job",
    )
