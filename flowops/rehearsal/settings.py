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

    `port` is a port of the loopback interface; 0 means any free one. `kubernetes` are pairs of name and path: the
    programs of a control plane, for a Kubernetes behind every EKS cluster. Without them a cluster is ACTIVE at once
    and has an endpoint of AWS's form that nobody answers at. `session_seconds` is how long temporary credentials last
    at most, 0 for as long as AWS lets them: a run can be watched that outlives its own.
    """

    port: int
    state_dir: Path
    accounts: tuple[tuple[str, str], ...]
    region: str
    kubernetes: tuple[tuple[str, str], ...] = ()
    session_seconds: int = 0

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
        document = {
            "port": self.port,
            "accounts": [list(pair) for pair in self.accounts],
            "region": self.region,
            "kubernetes": [list(pair) for pair in self.kubernetes],
            "session_seconds": self.session_seconds,
        }
        atomic_file.write(
            atomic_file.private_folder(self.state_dir) / FILE_NAME, json.dumps(document, indent=2).encode()
        )


def load(state_dir: Path) -> Settings:
    """Read the settings of a state directory; raise InvalidConfig where there are none or they make no sense."""
    path = state_dir / FILE_NAME
    try:
        document = json.loads(path.read_text())
        accounts = tuple((str(name), str(account_id)) for name, account_id in document["accounts"])
        programs = tuple((str(name), str(path)) for name, path in document.get("kubernetes", ()))
        seconds = int(document.get("session_seconds", 0))
        return Settings(int(document["port"]), state_dir, accounts, str(document["region"]), programs, seconds)
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise InvalidConfig(
            f"{path}: the settings of this rehearsal cannot be read ({wrong}).", next_step="flowops rehearse up"
        ) from wrong
