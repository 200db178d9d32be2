"""The link that takes a signed-in person into a role of another account, in the AWS console. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_permissions-to-switch.html: `account`, `roleName` with the
role's path before it, and what the page proposes as the display name. The colour goes into the same form; AWS documents
none of its values and changes them now and then: one that it no longer knows leaves the choice to the reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from flowops.errors import UnknownTarget, UsageError
from flowops.model.access import ROLES, Access
from flowops.model.config import SECURITY, Config
from flowops.model.partitions import partition_of

RED, ORANGE = "f2b0a9", "fbc8aa"
_PLAIN = ("b7ca9d", "83d4e8", "efda95")
"""Green, blue and yellow, for environments that are not protected, in turn."""

_LONGEST_NAME = 64
"""Letters of a display name."""


@dataclass(frozen=True)
class ConsoleLink:
    """One link; `name` is the environment or the account that was asked for, `role` stands without its path."""

    name: str
    account: str
    account_id: str
    role: str
    display_name: str
    color: str
    url: str


def console_link(config: Config, name: str, role: str | None) -> ConsoleLink:
    """Return the link to a role in an environment, or in an account; without a role, to the one that changes things.

    UnknownTarget names the nearest environment, account or role; UsageError where the account has no id yet.
    """
    if name not in config.environments and name not in config.accounts:
        raise UnknownTarget("environment or account", name, (*config.environments, *config.accounts))
    environment = config.environments.get(name)
    account = environment.account if environment else name
    role = role or (Access.WRITE.value if environment else config.management.role)
    _require_role(config, account, role)
    account_id = config.accounts[account].id
    if account_id is None:
        raise UsageError(
            f"Account {account!r} has no id in flowops.yaml.",
            not_done="There is no link into it yet.",
            next_step="flowops accounts create",
        )
    shown, color = _display_name(config, name, role), _color(config, name)
    path = "flowable/" if role in ROLES and role != config.management.role else ""
    values = {"roleName": f"{path}{role}", "account": account_id, "displayName": shown, "color": color}
    url = f"https://{partition_of(config.region).sign_in}/switchrole?{urlencode(values, safe='/', quote_via=quote)}"
    return ConsoleLink(name, account, account_id, role, shown, color, url)


def _require_role(config: Config, account: str, role: str) -> None:
    known = (*ROLES, config.management.role) if config.environments_of(account) else (config.management.role,)
    if role not in known:
        raise UnknownTarget("role", role, known, where=f" to switch to in account {account!r}")


def _display_name(config: Config, name: str, role: str) -> str:
    shown = f"{name.capitalize()} Admin" if role == config.management.role else f"{name} {role}"
    return shown[:_LONGEST_NAME]


def _color(config: Config, name: str) -> str:
    """Return red where a protected environment is at stake, so that nobody takes it for another one."""
    held = [name] if name in config.environments else config.environments_of(name)
    if any(config.environments[it].protected for it in held):
        return RED
    if name == SECURITY:
        return ORANGE
    plain = [it for it, environment in config.environments.items() if not environment.protected]
    return _PLAIN[plain.index(held[0]) % len(_PLAIN)] if held else ORANGE
