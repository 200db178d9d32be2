"""Work in several accounts at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Thread
from typing import TypeVar

Key = TypeVar("Key")
Result = TypeVar("Result")


def side_by_side(keys: Iterable[Key], work: Callable[[Key], Result]) -> dict[Key, Result]:
    """Return what `work` returns for each key, all of them worked on at once, in the order of the keys.

    All are finished before the first error, in that order, is raised. An interrupt leaves the threads behind: they
    only wait for AWS, which goes on by itself.
    """
    order = tuple(keys)
    results: dict[Key, Result] = {}
    errors: dict[Key, BaseException] = {}

    def run(key: Key) -> None:
        try:
            results[key] = work(key)
        except BaseException as error:
            errors[key] = error

    threads = [Thread(target=run, args=(key,), daemon=True) for key in order]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for key in order:
        if key in errors:
            raise errors[key]
    return {key: results[key] for key in order}
