"""Users as tables and as data; a secret appears once, where it was asked for and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.console import Group
from rich.text import Text

from flowops.cli.view.result import Pointed, Result
from flowops.cli.view.tables import rows_table
from flowops.errors import PartlyDone
from flowops.model.plaintext import printable
from flowops.model.user_results import Delivery, Member, MfaOutcome, Removed, Rotated, Switched
from flowops.model.users import AccessKey, Reach, hanging
from flowops.operations.users import UserList, UserRow

_WARNING = "This secret is shown this once. Keep it where only its user can read it."


def list_result(users: UserList, now: datetime, pointed: Pointed) -> Result:
    """Return every user of ours; what deserves a second look has the command beside it."""
    data = [_row_data(row, now, pointed) for row in users.rows]
    cells = [_cells(row, now, pointed) for row in users.rows]
    columns = ("name", "path", "groups", "keys", "MFA", "reaches", "marks", "next")
    parts: list[Any] = [rows_table("Users", columns, cells)]
    if users.others:
        names = ", ".join(users.others)
        parts.append(Text(f"Not ours, at other paths and in none of our groups: {names}"))
    return Result("users list", {"users": data, "others": list(users.others)}, Group(*parts))


def show_result(row: UserRow, now: datetime, pointed: Pointed) -> Result:
    """Return everything of one user."""
    user = row.user
    keys = rows_table("Access keys", ("id", "state", "made", "age in days", "last used", "for"), _keys(user.keys, now))
    facts = [
        ("arn", user.arn),
        ("made", _moment(user.made)),
        ("groups", ", ".join(user.groups)),
        ("reaches", _reaches(row.reaches)),
        ("MFA", ", ".join(user.devices)),
        ("console password", "yes" if user.password else "no"),
        ("permissions boundary", user.boundary),
        ("policies that do not belong", ", ".join(user.own_policies)),
        ("other credentials", ", ".join((*user.certificates, *user.ssh_keys, *user.service_credentials))),
    ]
    marks = [Text(f"{user.name} {it.text}. Next: {pointed(it.command)}") for it in row.marks]
    data = _row_data(row, now, pointed) | {
        "arn": user.arn,
        "made": _moment(user.made),
        "console_password": user.password,
        "permissions_boundary": user.boundary,
        "policies": list(user.own_policies),
        "hanging": [{"kind": it.kind.value, "id": it.id} for it in hanging(user)],
    }
    return Result("users show", data, Group(rows_table(f"User {user.name}", ("", ""), facts), keys, *marks))


def member_result(command: str, member: Member, pointed: Pointed) -> Result:
    """Return what became of a user that was made, completed or adopted."""
    user = member.user
    data = {
        "user": user.name,
        "arn": user.arn,
        "changed": member.changed,
        "made": member.made,
        "moved": member.moved,
        "joined": list(member.joined),
        "groups": list(user.groups),
        "reaches": _reach_data(member.reaches),
        "mfa": {
            "outcome": member.mfa.outcome.value,
            "serial": member.mfa.serial,
            "seed_file": member.mfa.seed_file,
        },
        **_delivery_data(member.delivery),
        "notes": list(map(pointed, member.notes)),
    }
    notes = tuple(map(pointed, member.notes))
    lines = [*_member_lines(member), *notes, f"{user.name} reaches {_reaches(member.reaches) or 'nothing'}"]
    parts = [Text("\n".join(lines)), *_secret(member.delivery)]
    troubles = notes if member.mfa.outcome is MfaOutcome.FAILED else ()
    return Result(command, data, Group(*parts), member.exit_code, troubles, _lost(user.name, member.delivery))


def _member_lines(member: Member) -> Iterable[str]:
    user = member.user
    if member.made:
        yield f"user {user.name} made: {user.arn}"
    if member.moved:
        yield f"user {user.name} moved: {user.arn}"
    yield from (f"joined {it}" for it in member.joined)
    match member.mfa.outcome:
        case MfaOutcome.ENROLLED:
            kept = f", its seed in {member.mfa.seed_file}" if member.mfa.seed_file else ""
            yield f"MFA device enrolled: {member.mfa.serial}{kept}"
        case MfaOutcome.KEPT:
            yield f"MFA device kept: {member.mfa.serial}"
        case MfaOutcome.LATER | MfaOutcome.FAILED:
            pass
    yield from _delivery_lines(member.delivery)
    if not member.changed:
        yield f"user {user.name} stands as asked; nothing was changed"


def rotated_result(rotated: Rotated, pointed: Pointed) -> Result:
    """Return one step of replacing a key."""
    old, new = rotated.rotation.old, rotated.rotation.new
    following = pointed(rotated.following)
    data = {
        "user": rotated.name,
        "step": rotated.rotation.step.value,
        "old_key": old.id if old else "",
        "new_key": new.id if new else "",
        **_delivery_data(rotated.delivery),
        "following": following,
    }
    lines = [*_delivery_lines(rotated.delivery), *([following] if following else [])]
    text = Group(Text("\n".join(lines)), *_secret(rotated.delivery))
    return Result("users rotate", data, text, lost=_lost(rotated.name, rotated.delivery))


def switched_result(switched: Switched, pointed: Pointed) -> Result:
    """Return what was shut, or opened again."""
    notes = list(map(pointed, switched.notes))
    data = {"user": switched.name, "disabled": switched.disabled, "done": list(switched.done), "notes": notes}
    return Result("users disable", data, Text("\n".join([*switched.done, *notes])))


def removed_result(removed: Removed) -> Result:
    """Return what is gone."""
    data = {
        "user": removed.name,
        "removed": [{"kind": it.kind.value, "id": it.id} for it in removed.pieces],
        "profiles": list(removed.profiles),
        "files": list(removed.paths),
    }
    lines = [f"removed {it}" for it in removed.pieces]
    lines += [f"removed profile {printable(it)}" for it in removed.profiles]
    return Result("users remove", data, Text("\n".join([*lines, f"removed user {removed.name}"])))


def _lost(name: str, delivery: Delivery) -> PartlyDone | None:
    """Return what is said of a key whose secret nobody came to read, None where no secret is shown."""
    if delivery.key is None or not delivery.shown:
        return None
    return PartlyDone(
        f"The secret of the new access key {delivery.key.access_key} cannot be written to stdout, and nobody has it.",
        not_done=f"The key of {name} stands, and is of no use to anybody.",
        next_step=f"flowops users rotate {name}",
    )


def _secret(delivery: Delivery) -> Iterable[Text]:
    if delivery.key is not None and delivery.shown:
        yield Text(
            f"\naws_access_key_id = {delivery.key.access_key}\naws_secret_access_key = {delivery.key.secret_key}\n"
        )
        yield Text(_WARNING, style="bold")


def _delivery_lines(delivery: Delivery) -> Iterable[str]:
    if delivery.key is not None:
        yield f"access key {delivery.key.access_key} made"
    if delivery.paths:
        named = ", ".join((delivery.profile, *delivery.role_profiles))
        yield f"profiles {named} written into {' and '.join(delivery.paths)}"


def _delivery_data(delivery: Delivery) -> dict[str, Any]:
    key = delivery.key
    made = {"id": key.access_key, "secret": key.secret_key if delivery.shown else None} if key else None
    profiles = [delivery.profile, *delivery.role_profiles] if delivery.profile else []
    return {"access_key": made, "profiles": profiles, "files": list(delivery.paths)}


def _row_data(row: UserRow, now: datetime, pointed: Pointed) -> dict[str, Any]:
    user = row.user
    return {
        "name": user.name,
        "path": user.path,
        "groups": list(user.groups),
        "keys": [
            {
                "id": it.id,
                "active": it.active,
                "made": _moment(it.made),
                "days": it.days(now),
                "last_used": _moment(it.used),
                "last_used_for": it.service,
            }
            for it in user.keys
        ],
        "mfa": list(user.devices),
        "reaches": _reach_data(row.reaches),
        "marks": [{"mark": it.word, "text": it.text, "next": pointed(it.command)} for it in row.marks],
    }


def _reach_data(reaches: Iterable[Reach]) -> dict[str, list[str]]:
    return {it.environment: list(it.roles) for it in reaches}


def _cells(row: UserRow, now: datetime, pointed: Pointed) -> tuple[str, ...]:
    user = row.user
    return (
        user.name,
        user.path,
        "\n".join(user.groups),
        "\n".join(_key(it, now) for it in user.keys),
        "yes" if user.devices else "no",
        "\n".join(f"{it.environment}: {', '.join(it.roles)}" for it in row.reaches),
        "\n".join(it.word for it in row.marks),
        "\n".join(dict.fromkeys(pointed(it.command) for it in row.marks)),
    )


def _key(key: AccessKey, now: datetime) -> str:
    state = "" if key.active else " inactive,"
    used = f"used {(now - key.used).days} days ago" if key.used else "never used"
    return f"{key.id}{state} {key.days(now)} days, {used}"


def _keys(keys: Iterable[AccessKey], now: datetime) -> Iterable[tuple[object, ...]]:
    for it in keys:
        state = "active" if it.active else "inactive"
        yield it.id, state, _moment(it.made), it.days(now), _moment(it.used) or "never", it.service


def _reaches(reaches: Iterable[Reach]) -> str:
    return "; ".join(f"{', '.join(it.roles)} of {it.environment}" for it in reaches)


def _moment(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
