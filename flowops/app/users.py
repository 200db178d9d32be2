"""Users of the security account at one site: entered as who manages, with the AWS files of that site."""

from __future__ import annotations

from functools import cached_property

from flowops.adapters.aws.identity import Users
from flowops.adapters.seed_files import NewSeedFiles
from flowops.app.site import now
from flowops.app.workbench import Workbench
from flowops.model.config import SECURITY
from flowops.model.stacks import account_id
from flowops.model.user_requests import AddRequest, AdoptRequest, DisableRequest, RemoveRequest, RotateRequest
from flowops.model.user_results import Member, Removed, Rotated, Switched
from flowops.operations.discover import require_ids
from flowops.operations.ports.users import UsersPorts
from flowops.operations.users import UserList, UserRow, list_users, show_user
from flowops.operations.users_add import add_user
from flowops.operations.users_adopt import adopt_user
from flowops.operations.users_disable import disable_user
from flowops.operations.users_remove import remove_user
from flowops.operations.users_rotate import rotate_key


class People:
    """The users of one site's security account."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def list(self) -> UserList:
        """Return every user of ours, and the names of the others."""
        return list_users(self._ports)

    def show(self, name: str) -> UserRow:
        """Return everything of one user."""
        return show_user(name, self._ports)

    def add(self, request: AddRequest) -> Member:
        """Make or complete a user."""
        return add_user(request, self._ports)

    def adopt(self, request: AdoptRequest) -> Member:
        """Make a user that somebody made by hand one of ours."""
        return adopt_user(request, self._ports)

    def rotate(self, request: RotateRequest) -> Rotated:
        """Do the next step of replacing a user's key."""
        return rotate_key(request, self._ports)

    def disable(self, request: DisableRequest) -> Switched:
        """Take a user out of service, or back into it."""
        return disable_user(request, self._ports)

    def remove(self, request: RemoveRequest) -> Removed:
        """Delete a user with all that hangs on it."""
        return remove_user(request, self._ports)

    @cached_property
    def _ports(self) -> UsersPorts:
        site = self._bench.site
        return UsersPorts(
            config=site.config,
            enter=lambda: self._iam,
            files=site.aws_files,
            terminal=self._bench.console,
            seeds=NewSeedFiles(),
            clock=now,
        )

    @cached_property
    def _iam(self) -> Users:
        """Return the users of the security account, after a look at who we are in it; WrongAccount for another one."""
        site = self._bench.site
        require_ids(site.config, (SECURITY,))
        number = account_id(site.config, SECURITY)
        session = self._bench.in_account(number)
        site.sessions.verify_account(session, number, f"{site.config.management.role} of account {SECURITY}")
        return Users(session)
