"""flowops.yaml of a project that stands, changed in one place."""

from __future__ import annotations

import codecs
import itertools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import yaml

from flowops import atomic_file
from flowops.adapters import flock, text_file, yaml_edit, yaml_file
from flowops.adapters.project import CONFIG_NAME, config_of, load_config
from flowops.errors import InvalidConfig, UsageError
from flowops.model.config import Config
from flowops.model.scaffold import NewEnvironment

_NETWORK = re.compile(r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}/[0-9]{1,2}\b")
_Entries = list[tuple[yaml_edit.Where, str, yaml_edit.Value]]


class ConfigFile:
    """flowops.yaml in the folder `project`, and the tree beside it."""

    def __init__(self, project: Path) -> None:
        self._project, self._path = project, project / CONFIG_NAME

    def alone(self) -> AbstractContextManager[None]:
        """Keep other commands from changing the project's files meanwhile; LockHeld where one does."""
        return flock.alone_in(self._project, f"Another command is changing {self._project}.")

    def config(self) -> Config:
        """Return what it says; InvalidConfig names file and line of what is wrong."""
        return load_config(self._project)

    def networks(self) -> tuple[IPv4Network, ...]:
        """Return the private networks that stand in the env.hcl files of the tree, wherever in them.

        InvalidConfig names a file or folder that cannot be read: what it uses is not free.
        """
        texts = [text_file.read(path) for path in self._env_files()]
        found = [_network(it) for text in texts for it in _NETWORK.findall(text)]
        return tuple(it for it in found if it is not None and it.is_private)

    def _env_files(self) -> Iterator[Path]:
        def unreadable(error: OSError) -> None:
            raise InvalidConfig(
                f"{error.filename}:1: cannot be read: {error.strerror}.",
                not_done="Nothing was written.",
                next_step="the same command as a user who may read it",
            )

        for current, folders, files in os.walk(self._project / "deployments", onerror=unreadable):
            folders[:] = sorted(it for it in folders if not it.startswith("."))
            yield from (Path(current) / it for it in (*folders, *files) if it == "env.hcl")

    def with_environment(self, environment: NewEnvironment) -> str:
        """Return its text with one more environment, and its account where that is new.

        UsageError where the text cannot be changed so, or would say something that flowops.yaml may not say.
        """
        entries: _Entries = [(("environments",), environment.name, environment.entry)]
        if environment.new_account:
            entries.insert(0, (("accounts",), environment.account, environment.new_account.entry))
        return self._holding(entries)

    def with_ci(self, entry: Mapping[str, str | bool]) -> str:
        """Return its text with a section `ci`, which it does not have yet; UsageError where it cannot be so."""
        return self._holding([((), "ci", entry)])

    def require_room_for_ids(self, names: Sequence[str]) -> None:
        """Raise UsageError where the id of one of these accounts could not be written."""
        path = self._path.resolve()
        if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
            raise self._unwritable("Permission denied")
        text = text_file.read(self._path)
        unused = (it for it in (f"{number:012d}" for number in itertools.count(1)) if it not in text)
        for name in (it for it in names if self._id_of(it) is None):
            self._with_id(name, next(unused))

    def write_id(self, name: str, account_id: str) -> None:
        """Write the id of an account, in quotes; nothing changes where it stands there already.

        UsageError where the text cannot be changed so, or has another id there.
        """
        if self._id_of(name) != account_id:
            self.write(self._with_id(name, account_id))

    def _id_of(self, name: str) -> str | None:
        """Return the id that it gives an account; UsageError where that was taken out while AWS was at work."""
        account = self.config().accounts.get(name)
        if account is None:
            raise UsageError(
                f"{self._path} names no account {name} any more.",
                not_done="Its id was not written.",
                next_step="flowops accounts list, which has its id, and put the account back into flowops.yaml",
            )
        return account.id

    def _with_id(self, name: str, account_id: str) -> str:
        return self._holding([(("accounts", name), "id", account_id)])

    def _holding(self, entries: _Entries) -> str:
        try:
            return self._with(entries)
        except InvalidConfig as error:
            problem = error.happened
        except (KeyError, yaml.YAMLError):
            problem = "its text cannot be changed in one place (an alias, a merge, or line ends of another system)"
        lines = "; ".join(": ".join((*where, name, yaml_edit.in_one_line(entry))) for where, name, entry in entries)
        raise UsageError(
            f"{self._path} would not hold with {lines}: {problem}",
            not_done="Nothing was written.",
            next_step="flowops config show, then the same command with other values",
        )

    def _with(self, entries: _Entries) -> str:
        text = text_file.read(self._path)
        wanted, _ = yaml_file.parse(self._path, text)
        for where, name, entry in entries:
            held = wanted
            for step in where:
                held = held[step]
            text = _with_entry(text, where, name, entry, held)
            held[name] = dict(entry) if isinstance(entry, Mapping) else entry
        if yaml_file.parse(self._path, text)[0] != wanted:
            raise KeyError(self._path)
        config_of(self._path, text)
        return text

    def write(self, text: str) -> None:
        """Replace it at once; its permissions and its byte order mark stay. UsageError where it cannot be written."""
        path = self._path.resolve()
        try:
            mark = codecs.BOM_UTF8 if path.read_bytes().startswith(codecs.BOM_UTF8) else b""
            atomic_file.write(path, mark + text.encode(), mode=path.stat().st_mode & 0o777)
        except OSError as error:
            raise self._unwritable(error.strerror or str(error)) from error

    def _unwritable(self, why: str) -> UsageError:
        return UsageError(
            f"{self._path.resolve()} cannot be written: {why}.",
            not_done="Nothing was written.",
            next_step="the same command as a user who may write it",
        )


def _with_entry(text: str, where: yaml_edit.Where, name: str, entry: yaml_edit.Value, held: Mapping[str, Any]) -> str:
    """Return the text with one more entry, in place of a key without a value where `held` has one."""
    if name in held and held[name] is None and isinstance(entry, str):
        return yaml_edit.with_value(text, (*where, name), entry)
    if name in held:
        raise KeyError(name)
    return yaml_edit.with_entry(text, where, name, entry)


def _network(text: str) -> IPv4Network | None:
    try:
        return IPv4Network(text, strict=False)
    except ValueError:
        return None
