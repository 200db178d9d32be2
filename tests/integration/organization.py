"""An organization on the emulated AWS, entered through files that stand for the operator's ~/.aws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flowops.adapters.aws.client import AwsSession, utc_now
from flowops.adapters.aws.cloud import ManagementAws
from flowops.adapters.aws.organizations import Organizations
from flowops.adapters.aws.session import AwsSessions
from flowops.adapters.aws_files import FileAwsFiles
from flowops.model.accounts import WantedAccount
from flowops.model.profiles import ProfileSettings
from flowops.model.user_profiles import KEY_ID, SECRET_KEY
from flowops.rehearsal.administrator import new_administrator
from flowops.rehearsal.settings import Settings
from tests.integration.emulated_aws import NOTHING, emulator_in

MANAGEMENT, SECURITY, DEV, PROD = "100000000001", "111111111111", "222222222222", "333333333333"
ACCOUNTS = (("management", MANAGEMENT), ("security", SECURITY), ("dev", DEV), ("prod", PROD))
REGION = "eu-central-1"
PROFILE, ROLE = "flw-iac", "OrganizationAccountAccessRole"


@dataclass(frozen=True)
class Home:
    """A running emulator with the accounts security, dev and prod, and the files that lead to it."""

    endpoint: str
    folder: Path

    def sessions(
        self,
        folder: Path | None = None,
        endpoint: str | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> AwsSessions:
        """Return sessions from the files of this home, or of another folder."""
        home = folder or self.folder
        return AwsSessions(
            region=REGION,
            config_file=home / "config",
            credentials_file=home / "credentials",
            endpoint_url=endpoint or self.endpoint,
            clock=clock,
        )

    def cloud(self) -> ManagementAws:
        """Return the organization as the management profile reaches it."""
        return ManagementAws(self.sessions(), PROFILE, ROLE)

    def into(self, account_id: str) -> AwsSession:
        """Return an administrator of a member account."""
        return self.sessions().in_account(PROFILE, account_id, ROLE)

    def add_profile(self, name: str, access_key: str, secret_key: str, **settings: str) -> None:
        """Write one more profile of a user's keys."""
        files = FileAwsFiles(self.folder / "config", self.folder / "credentials")
        keys = {KEY_ID: access_key, SECRET_KEY: secret_key}
        files.write(files.proposed([ProfileSettings(name, {"region": REGION, **settings}, keys)]))


@contextmanager
def organization(folder: Path, kubernetes: Mapping[str, str] = NOTHING, *, session_seconds: int = 0) -> Iterator[Home]:
    """Run an organization until the block ends; its clusters are real where `kubernetes` names the programs.

    Temporary credentials end after `session_seconds`, 0 for as long as AWS lets them last.
    """
    state_dir = folder / "state"
    emulator = emulator_in(state_dir)
    try:
        programs = tuple(kubernetes.items())
        endpoint = emulator.start(Settings(0, state_dir, ACCOUNTS, REGION, programs, session_seconds)).url
        home = Home(endpoint, folder / "aws")
        keys = new_administrator(endpoint, MANAGEMENT, REGION)
        home.add_profile(PROFILE, keys.access_key, keys.secret_key)
        organizations = Organizations(home.sessions().profile(PROFILE))
        organizations.found()
        for name, _ in ACCOUNTS[1:]:
            email = f"{name}@example.com"
            organizations.look(organizations.order(WantedAccount(name, email, ROLE, "flowable")).id, email)
        yield home
    finally:
        emulator.stop()
