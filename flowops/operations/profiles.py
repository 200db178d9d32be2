"""Write a project's named profiles into AWS's own files, and say how they stand there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from flowops.errors import Declined
from flowops.model.accounts import CREATE_COMMAND
from flowops.model.config import Config
from flowops.model.facts import Facts
from flowops.model.named_profiles import NamedProfile, NamedProfiles, ProfilesRequest, named_profiles, require_name
from flowops.model.profile_chains import ProfileRow, ProfileState, chain_of, remedies_of, row_of
from flowops.model.profile_results import ProfileOutcome, ProfilesResult, WrittenProfile
from flowops.model.profiles import ProfileSettings, Proposal
from flowops.operations.agreeing import require_yes
from flowops.operations.ports.profiles import AwsFiles, ProfilesTerminal


@dataclass(frozen=True)
class ProfilesPorts:
    """Everything the operations on profiles are given."""

    files: AwsFiles
    terminal: ProfilesTerminal


def write_profiles(
    request: ProfilesRequest, config: Config, facts: Facts | None, ports: ProfilesPorts
) -> ProfilesResult:
    """Write the project's profiles after showing what changes; what is right already is not written again.

    A profile that stands with other settings is changed only where the request or the operator names it. Declined for
    a no, and for a question with nobody to answer it.
    """
    every = _named(request, config, facts, ports.files)
    for name in request.replace:
        require_name(name, every)
    wanted = every.only(request.only)
    proposal = ports.files.proposed([it.settings for it in wanted.profiles])
    outcomes = tuple(_outcome(it, ports.files) for it in wanted.profiles)
    for warning in proposal.warnings:
        ports.terminal.note(warning)
    if proposal.changed:
        ports.terminal.block(proposal.diff)
        _agree(request, proposal, ports.terminal)
    paths = ports.files.write(proposal)
    following = _following(request, config, ports.files)
    return ProfilesResult(outcomes, wanted.without_id, paths, proposal.diff, proposal.warnings, following)


def show_profiles(user: str, config: Config, facts: Facts | None, files: AwsFiles) -> tuple[ProfileRow, ...]:
    """Return how every profile of the project stands, the operator's own among them."""
    request = ProfilesRequest(user=user)
    found = _named(request, config, facts, files)
    own = NamedProfile(ProfileSettings(user or config.operator.profile), "operator")
    management, *others = found.profiles
    remedies = remedies_of(config, own.name)
    rows = [row_of(it, files.settings, files.place(it.name), request, remedies) for it in (management, own, *others)]
    unknown = [
        ProfileRow(name, f"account {account}", ProfileState.WITHOUT_ID, files.place(name), remedy=CREATE_COMMAND)
        for name, account in found.without_id.items()
    ]
    return (*rows, *unknown)


def _named(request: ProfilesRequest, config: Config, facts: Facts | None, files: AwsFiles) -> NamedProfiles:
    known = (config.management.profile, request.user or config.operator.profile)
    return named_profiles(config, facts, request, {name: files.settings(name) for name in known})


def _following(request: ProfilesRequest, config: Config, files: AwsFiles) -> tuple[str, ...]:
    """Return the commands that give credentials to the profiles that hold some, where they have none."""
    commands = remedies_of(config, request.user or config.operator.profile)
    needed = tuple(it for name, it in commands.items() if chain_of(name, files.settings).problem)
    return (*needed, f"aws sso login --sso-session {request.sso.name}") if request.sso else needed


def _outcome(wanted: NamedProfile, files: AwsFiles) -> WrittenProfile:
    kind = wanted.settings.kind
    if not files.proposed([wanted.settings]).changed:
        return WrittenProfile(wanted.name, wanted.what, ProfileOutcome.UNCHANGED)
    standing = files.place(wanted.name, kind)
    return WrittenProfile(wanted.name, wanted.what, ProfileOutcome.CHANGED if standing else ProfileOutcome.ADDED)


def _agree(request: ProfilesRequest, proposal: Proposal, terminal: ProfilesTerminal) -> None:
    """Raise Declined unless each profile that stands otherwise may be replaced, and all of it may be written."""
    open_ = [name for name in proposal.conflicts if name not in request.replace]
    unanswered = _unanswered(request, open_)
    for name in open_:
        require_yes(
            terminal,
            f"Profile {name} stands there with other settings. Replace them as shown? [y/N] ",
            unanswered=unanswered,
            declined=Declined(
                f"Replacing profile {name} was declined.",
                not_done="Nothing was written.",
                next_step="flowops profiles write --only NAME, with each profile to write",
            ),
        )
    if not request.yes:
        require_yes(
            terminal,
            "Write this? [y/N] ",
            unanswered=unanswered,
            declined=Declined(
                "Writing the profiles was declined.", not_done="Nothing was written.", next_step=request.command()
            ),
        )


def _unanswered(request: ProfilesRequest, conflicts: Sequence[str]) -> Declined:
    said = f"{_listed(conflicts)} with other settings" if conflicts else "The profiles would be written"
    return Declined(
        f"{said}: that needs a yes, and nobody is there to give it.",
        not_done="Nothing was written.",
        next_step=replace(request, replace=(*request.replace, *conflicts), yes=True).command(),
    )


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    return f"Profile {found[0]} stands there" if len(found) == 1 else f"Profiles {', '.join(found)} stand there"
