"""Pipelines, a project and a forge in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from flowops.errors import UsageError
from flowops.model.ci_comment import Comment, Place
from flowops.model.config import CiConfig, Config
from flowops.operations.ports.scaffold import Files


@dataclass
class FakePipelines:
    """Pipelines of one file, and a .gitlab-ci.yml where `entry`."""

    entry: bool = False

    def files(self, ci: CiConfig, config: Config) -> Files:
        made = {PurePosixPath("ci/plan.yml"): b"plan\nfor " + ci.repository.encode()}
        return {**made, PurePosixPath(".gitlab-ci.yml"): b"include: ours\n"} if self.entry else made


@dataclass
class FakeProject:
    """A project with its flowops.yaml; `broken` makes that unwritable."""

    config_: Config
    there: dict[PurePosixPath, bytes] = field(default_factory=dict)
    section: Mapping[str, str | bool] | None = None
    broken: bool = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        yield

    def config(self) -> Config:
        return self.config_

    def with_ci(self, entry: Mapping[str, str | bool]) -> str:
        self.section = entry
        return "with ci"

    def write(self, text: str) -> None:
        if self.broken:
            raise UsageError("flowops.yaml cannot be written", not_done="Nothing was written.")
        assert text == "with ci"

    def contents(self, paths: Iterable[PurePosixPath]) -> Mapping[PurePosixPath, bytes]:
        return {it: self.there[it] for it in paths if it in self.there}

    @contextmanager
    def written(self, files: Files) -> Iterator[None]:
        before = dict(self.there)
        self.there |= files
        try:
            yield
        except BaseException:
            self.there = before
            raise


@dataclass
class FakeComments:
    """The comments of one request."""

    there: list[Comment] = field(default_factory=list)

    def all(self, place: Place) -> Iterator[Comment]:
        yield from self.there

    def add(self, place: Place, body: str) -> None:
        self.there.append(Comment(len(self.there) + 1, body))

    def change(self, place: Place, comment: Comment, body: str) -> None:
        self.there = [Comment(it.id, body) if it.id == comment.id else it for it in self.there]
