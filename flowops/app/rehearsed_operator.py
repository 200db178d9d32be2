"""The operator of a rehearsal: made by what makes people, with nobody to ask, and its MFA seed is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.identity import Users
from flowops.adapters.aws_files import FileAwsFiles
from flowops.adapters.seed_files import NewSeedFiles
from flowops.app.site import OPERATOR_USER, now
from flowops.errors import Declined, OperationFailed
from flowops.model.config import Config
from flowops.model.drift.people import KINDS
from flowops.model.user_profiles import KEY_ID
from flowops.model.user_requests import AddRequest
from flowops.model.users import Kind, Piece, User
from flowops.operations.ports.users import UsersPorts
from flowops.operations.users_add import add_user
from flowops.rehearsal.workspace import Workspace


@dataclass(frozen=True)
class _Nobody:
    """Nobody to ask; what is worth a line is said."""

    say: Callable[[str], None]
    interactive: bool = False
    private: bool = False

    def note(self, text: str) -> None:
        """Say it."""
        self.say(text)

    def block(self, text: str) -> None:
        """Show no change of files that only a rehearsal has."""

    def device(self, uri: str) -> None:
        """Show no secret."""

    def ask(self, question: str) -> str:
        """Decline."""
        raise Declined(question)


def rehearsed_operator(
    security: AwsSession,
    files: FileAwsFiles,
    config: Config,
    workspace: Workspace,
    environments: Iterable[str],
    say: Callable[[str], None],
) -> User:
    """Return the operator, made or completed: a member of these environments, with MFA, in the profile of its name."""
    iam = Users(security)
    _put_back(iam, files, config.operator.profile, workspace)
    request = AddRequest(
        OPERATOR_USER,
        tuple(f"{name}_{KINDS[0]}" for name in environments),
        write_profile=True,
        profile=config.operator.profile,
        seed_file=str(workspace.operator_seed),
        yes=True,
    )
    made = add_user(request, UsersPorts(config, lambda: iam, files, _Nobody(say), NewSeedFiles(), now))
    if not made.user.devices:
        raise OperationFailed(
            f"The operator of the rehearsal, {OPERATOR_USER}, has no MFA device.",
            not_done="Nothing was done as the operator.",
            next_step="flowops rehearse up, and flowops --rehearsal bootstrap again",
        )
    return made.user


def _put_back(iam: Users, files: FileAwsFiles, profile: str, workspace: Workspace) -> None:
    """Take away what a killed command left, of which nobody could make anything."""
    known = iam.user(OPERATOR_USER)
    if known is None or not known.devices:
        # A seed is never written over anything.
        workspace.operator_seed.unlink(missing_ok=True)
    keys = [it.id for it in known.keys] if known else []
    if files.settings(profile).get(KEY_ID) not in keys:
        for key in keys:
            iam.take(OPERATOR_USER, Piece(Kind.KEY, key))
