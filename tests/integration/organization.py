"""An organization on the emulated AWS, entered through files that stand for the operator's ~/.aws."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.cloud import ManagementAws
from flowops.adapters.aws.organizations import NewAccount, Organizations
from flowops.adapters.aws.session import AwsSessions
from flowops.rehearsal.administrator import new_administrator
from flowops.rehearsal.profiles import Keys, add_user_profile
from flowops.rehearsal.settings import Settings
from tests.integration.emulated_aws import emulator_in

MANAGEMENT, SECURITY, DEV, PROD = "100000000001", "111111111111", "222222222222", "333333333333"
ACCOUNTS = (("management", MANAGEMENT), ("security", SECURITY), ("dev", DEV), ("prod", PROD))
REGION = "eu-central-1"
PROFILE, ROLE = "flw-iac", "OrganizationAccountAccessRole"


@dataclass(frozen=True)
class Home:
    """A running emulator with the accounts security, dev and prod, and the files that lead to it."""

    endpoint: str
    folder: Path

    def sessions(self, folder: Path | None = None, endpoint: str | None = None) -> AwsSessions:
        """Return sessions from the files of this home, or of another folder."""
        home = folder or self.folder
        return AwsSessions(
            region=REGION,
            config_file=home / "config",
            credentials_file=home / "credentials",
            endpoint_url=endpoint or self.endpoint,
        )

    def cloud(self) -> ManagementAws:
        """Return the organization as the management profile reaches it."""
        return ManagementAws(self.sessions(), PROFILE, ROLE)

    def into(self, account_id: str) -> AwsSession:
        """Return an administrator of a member account."""
        return self.sessions().in_account(PROFILE, account_id, ROLE)

    def add_profile(self, name: str, access_key: str, secret_key: str, **settings: str) -> None:
        """Write one more profile of a user's keys."""
        add_user_profile(self.folder, name, Keys(access_key, secret_key), REGION, **settings)


@contextmanager
def organization(folder: Path) -> Iterator[Home]:
    """Run an organization until the block ends."""
    state_dir = folder / "state"
    emulator = emulator_in(state_dir)
    try:
        endpoint = emulator.start(Settings(0, state_dir, ACCOUNTS, REGION)).url
        home = Home(endpoint, folder / "aws")
        keys = new_administrator(endpoint, MANAGEMENT, REGION)
        home.add_profile(PROFILE, keys.access_key, keys.secret_key)
        organizations = Organizations(home.sessions().profile(PROFILE), sleep=lambda seconds: None)
        organizations.ensure_organization()
        for name, _ in ACCOUNTS[1:]:
            organizations.ensure_account(NewAccount(name, f"{name}@example.com", ROLE), lambda line: None)
        yield home
    finally:
        emulator.stop()
