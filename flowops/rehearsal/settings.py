"""What the emulated AWS is: its accounts, region, port and the directory that holds its state."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from flowops import atomic_file
from flowops.errors import InvalidConfig

FILE_NAME = "settings.json"
ACCOUNT_ID = re.compile(r"\d{12}")


@dataclass(frozen=True)
class Settings:
    """One emulated AWS; `accounts` are pairs of name and 12-digit id, `management` first.

    `port` is a port of the loopback interface; 0 means any free one.
    """

    port: int
    state_dir: Path
    accounts: tuple[tuple[str, str], ...]
    region: str

    def __post_init__(self) -> None:
        """Refuse accounts that no AWS organization could have."""
        names = [name for name, _ in self.accounts]
        ids = [account_id for _, account_id in self.accounts]
        if names[:1] != ["management"]:
            raise InvalidConfig(f"The first account of a rehearsal is 'management', not {names[:1]}.")
        if len(set(names)) < len(names) or len(set(ids)) < len(ids):
            raise InvalidConfig("Two accounts of the rehearsal share a name or an id.")
        if wrong := [account_id for account_id in ids if not ACCOUNT_ID.fullmatch(account_id)]:
            raise InvalidConfig(f"An account id has 12 digits; {', '.join(wrong)} has not.")

    @property
    def management(self) -> str:
        """The id of the account that owns the organization."""
        return self.accounts[0][1]

    def id_of(self, name: str) -> str | None:
        """Return the id that the account called `name` gets, or None."""
        return dict(self.accounts).get(name)

    def save(self) -> None:
        """Write the settings where the server of this state directory reads them."""
        document = {"port": self.port, "accounts": [list(pair) for pair in self.accounts], "region": self.region}
        atomic_file.write(
            atomic_file.private_folder(self.state_dir) / FILE_NAME, json.dumps(document, indent=2).encode()
        )


def load(state_dir: Path) -> Settings:
    """Read the settings of a state directory; raise InvalidConfig where there are none or they make no sense."""
    path = state_dir / FILE_NAME
    try:
        document = json.loads(path.read_text())
        accounts = tuple((str(name), str(account_id)) for name, account_id in document["accounts"])
        return Settings(int(document["port"]), state_dir, accounts, str(document["region"]))
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise InvalidConfig(
            f"{path}: the settings of this rehearsal cannot be read ({wrong}).", next_step="flowops rehearse up"
        ) from wrong
