"""Write the pipelines of a project: everything, or nothing; and keep up the one comment on a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import PurePosixPath

from flowops.errors import UsageError, shown
from flowops.model.ci import CiRequest, entry, wanted
from flowops.model.ci_comment import Place, comment_of, standing
from flowops.model.config import SECURITY, CiConfig, Config
from flowops.model.stacks import without_id
from flowops.operations.ports.ci import Comments, ConfigFile, Pipelines, ProjectFolder

CONFIG = PurePosixPath("flowops.yaml")
GITLAB_ENTRY = PurePosixPath(".gitlab-ci.yml")
_FOLLOWING = (f"flowops bootstrap {SECURITY}, which makes the roles of the pipelines",)
_NUMBERS = (
    "If the repository was made or renamed since 15 July 2026, AWS admits its jobs only when the section `ci` has "
    "repository_owner_id and repository_id; docs/ci.md says where they stand."
)
GITLAB_INCLUDED = ".gitlab/flowops.gitlab-ci.yml"


@dataclass(frozen=True)
class CiSetup:
    """What was written, what stood there as it has to be, what to do by hand, and what to type next."""

    written: tuple[PurePosixPath, ...]
    unchanged: tuple[PurePosixPath, ...]
    notes: tuple[str, ...]
    following: tuple[str, ...]


def init_ci(request: CiRequest, *, pipelines: Pipelines, config_file: ConfigFile, folder: ProjectFolder) -> CiSetup:
    """Write the pipelines and say in flowops.yaml whose they are; UsageError where a file there says something else.

    A .gitlab-ci.yml of the project's own is kept, and the line that it needs is said.
    """
    with config_file.alone():
        config = config_file.config()
        _require_security_account(config)
        ci = wanted(request, config.ci)
        text = None if config.ci else config_file.with_ci(entry(ci))
        files = dict(pipelines.files(ci, config))
        found = folder.contents(files)
        own = _own_entry(found.get(GITLAB_ENTRY), files)
        _refuse_differing(files, found)
        missing = {path: content for path, content in files.items() if path not in found}
        with folder.written(missing):
            if text is not None:
                config_file.write(text)
    written = (*([CONFIG] if text is not None else []), *sorted(missing))
    return CiSetup(written, tuple(sorted(found.keys() & files.keys())), (*own, *_notes(ci, config)), _FOLLOWING)


def _require_security_account(config: Config) -> None:
    if without_id(config, (SECURITY,)):
        raise UsageError(
            "flowops.yaml has no id for account security, where the roles of pipelines stand.",
            not_done="Nothing was written.",
            next_step=f"flowops accounts create {SECURITY}, then the same command again",
        )


def _own_entry(found: bytes | None, files: dict[PurePosixPath, bytes]) -> tuple[str, ...]:
    """Return what to add to a .gitlab-ci.yml that is the project's own; it is not among what is written then."""
    if found is None or found == files.get(GITLAB_ENTRY):
        return ()
    del files[GITLAB_ENTRY]
    if GITLAB_INCLUDED.encode() in found:
        return ()
    return (f'Add to {GITLAB_ENTRY}, which was kept: include: [{{local: "/{GITLAB_INCLUDED}"}}]',)


def _refuse_differing(files: Mapping[PurePosixPath, bytes], found: Mapping[PurePosixPath, bytes]) -> None:
    for path in sorted(found.keys() & files.keys()):
        if found[path] != files[path]:
            raise UsageError(
                f"{path} stands there with other content, first in {_difference(found[path], files[path])}.",
                not_done="Nothing was written.",
                next_step=f"mv {path} {path}.mine, the same command again, then diff {path}.mine {path}",
            )


def _difference(found: bytes, ours: bytes) -> str:
    pairs = enumerate(zip_longest(found.decode(errors="replace").splitlines(), ours.decode().splitlines()), start=1)
    number, (there, here) = next(((number, it) for number, it in pairs if it[0] != it[1]), (1, ("", "")))
    return f"line {number}: {_line(there)} where flowops writes {_line(here)}"


def _line(text: str | None) -> str:
    return "nothing" if text is None else shown(text.strip())


def _notes(ci: CiConfig, config: Config) -> tuple[str, ...]:
    names = ", ".join(config.environments)
    if ci.provider == "github":
        reviewers = f"In GitHub: environments {names}, each with required reviewers; docs/ci.md says what else."
        return (reviewers,) if ci.repository_id else (reviewers, _NUMBERS)
    return (f"In GitLab: {ci.branch} and the environments {names} protected, a schedule; docs/ci.md says what else.",)


def keep_comment(reports: Sequence[str], place: Place, comments: Comments) -> bool:
    """Write the reports into the comment that is ours, or into a new one, and return whether there was one."""
    body = comment_of(reports, place.limit)
    ours = standing(comments.all(place))
    if ours is None:
        comments.add(place, body)
    elif ours.body != body:
        comments.change(place, ours, body)
    return ours is not None
