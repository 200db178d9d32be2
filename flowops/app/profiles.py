"""Named profiles at one site, and links into the console."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from flowops.adapters.aws_files import FileAwsFiles
from flowops.adapters.browser import opened
from flowops.app.site import Site
from flowops.app.terminal import Terminal
from flowops.errors import Declined, UsageError
from flowops.model.console_link import ConsoleLink, console_link
from flowops.model.facts import Facts
from flowops.model.named_profiles import ProfilesRequest
from flowops.model.profile_chains import ProfileRow
from flowops.model.profile_results import ProfilesResult
from flowops.operations.profiles import ProfilesPorts, show_profiles, write_profiles

_BY_HAND = "open the link that is printed, in a browser"


class Profiles:
    """The profiles of one command line: those of the project, in the AWS files of its site."""

    def __init__(self, site: Callable[[], Site], console: Terminal, *, rehearsed: bool) -> None:
        self._open, self._console, self._rehearsed = site, console, rehearsed

    @cached_property
    def _site(self) -> Site:
        return self._open()

    @property
    def _facts(self) -> Facts | None:
        return self._site.facts_file.read()

    @property
    def _files(self) -> FileAwsFiles:
        return self._site.aws_files

    def write(self, request: ProfilesRequest) -> ProfilesResult:
        """Write the project's profiles after showing what changes."""
        return write_profiles(request, self._site.config, self._facts, ProfilesPorts(self._files, self._console))

    def show(self, user: str) -> tuple[ProfileRow, ...]:
        """Return how the project's profiles stand."""
        return show_profiles(user, self._site.config, self._facts, self._files)

    def link(self, name: str, role: str | None, *, open_it: bool) -> tuple[ConsoleLink, Declined | None]:
        """Return a link into the console, and why it was not opened where it had to be.

        UsageError in a rehearsal, whose AWS has none: the link would lead into real accounts.
        """
        if self._rehearsed:
            raise UsageError("The AWS of a rehearsal has no console.", next_step="flowops rehearse env, then plain aws")
        found = console_link(self._site.config, name, role)
        unopened = self._unopened(found.url) if open_it else None
        if unopened:
            self._console.note(" ".join(str(unopened).split("\n")))
        return found, unopened

    def _unopened(self, url: str) -> Declined | None:
        if not self._console.interactive:
            return Declined("No browser was started: nobody is at a terminal.", not_done="", next_step=_BY_HAND)
        return None if opened(url) else Declined("No browser was found.", not_done="", next_step=_BY_HAND)
