"""An account's id goes into flowops.yaml, in quotes, and every other byte stays."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path

import pytest

from flowops.adapters.config_file import ConfigFile
from flowops.errors import LockHeld, UsageError

HEAD = """# ours
project: flowable
region: eu-central-1
management: {profile: flw-iac}   # who manages
operator: {profile: ops}
environments: {dev: {account: dev, path: aws/x/eu-central-1/dev}}
layers: [foundation]

"""
ACCOUNTS = {
    "flow": "accounts:\n  security: {profile: flw-sec}\n  dev:      {profile: flw-dev}   # ours\n",
    "aligned": "accounts:\n  security: { profile: flw-sec }\n  dev: {    profile: flw-dev    }\n",
    "block": "accounts:\n  security:\n    profile: flw-sec\n  dev:  # ours\n    profile: flw-dev   # why\n\n# end\n",
    "first line": "accounts: {security: {profile: flw-sec}, dev: {profile: flw-dev}}\n",
    "over lines": "accounts: {\n  security: {profile: flw-sec},\n  dev: {\n    profile: flw-dev,  # why\n  },\n}\n",
    "null": "accounts:\n  security: {profile: flw-sec}\n  dev: {id: null, profile: flw-dev}\n",
    "tilde": "accounts:\n  security: {profile: flw-sec}\n  dev: {id: ~, profile: flw-dev}\n",
    "nothing": "accounts:\n  security: {profile: flw-sec}\n  dev:\n    id:   # not yet\n    profile: flw-dev\n",
    "nothing in braces": "accounts:\n  security: {profile: flw-sec}\n  dev: {id:, profile: flw-dev}\n",
    "no end of line": "accounts:\n  security: {profile: flw-sec}\n  dev:\n    profile: flw-dev",
    "windows": "accounts:\r\n  security: {profile: flw-sec}\r\n  dev:\r\n    profile: flw-dev\r\n",
}


def project(folder: Path, accounts: str) -> ConfigFile:
    (folder / "flowops.yaml").write_bytes((HEAD + accounts).encode())
    return ConfigFile(folder)


def alike(one: str, other: str) -> int:
    """Return how many letters two texts begin with in common."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@pytest.mark.parametrize("accounts", ACCOUNTS.values(), ids=ACCOUNTS)
def test_an_id_is_written_and_every_other_byte_stays(tmp_path: Path, accounts: str) -> None:
    file = project(tmp_path, accounts)
    before = (tmp_path / "flowops.yaml").read_bytes().decode()
    file.require_room_for_ids(["security", "dev"])
    assert (tmp_path / "flowops.yaml").read_bytes().decode() == before
    file.write_id("dev", "012345678901")
    after = (tmp_path / "flowops.yaml").read_bytes().decode()
    assert file.config().accounts["dev"].id == "012345678901"
    assert '"012345678901"' in after
    start = alike(before, after)
    end = alike(before[start:][::-1], after[start:][::-1])
    assert before[start : len(before) - end] in ("", "null", "~")
    assert re.fullmatch(r"""[\s,:]*(id: )?"012345678901"[\s,]*""", after[start : len(after) - end])


def test_an_id_that_stands_is_not_written_again(tmp_path: Path) -> None:
    file = project(tmp_path, ACCOUNTS["flow"])
    file.write_id("dev", "222222222222")
    written = (tmp_path / "flowops.yaml").stat().st_mtime_ns
    file.write_id("dev", "222222222222")
    file.require_room_for_ids(["dev"])
    assert (tmp_path / "flowops.yaml").stat().st_mtime_ns == written


def test_another_id_is_never_replaced(tmp_path: Path) -> None:
    file = project(tmp_path, ACCOUNTS["flow"])
    file.write_id("dev", "222222222222")
    with pytest.raises(UsageError, match='accounts: dev: id: "333333333333"'):
        file.write_id("dev", "333333333333")
    assert file.config().accounts["dev"].id == "222222222222"


def test_the_id_of_another_name_is_refused(tmp_path: Path) -> None:
    file = project(tmp_path, ACCOUNTS["flow"])
    file.write_id("security", "222222222222")
    with pytest.raises(UsageError, match="account 'security' has the same id"):
        file.write_id("dev", "222222222222")


def test_an_alias_leaves_no_room_for_an_id(tmp_path: Path) -> None:
    file = project(tmp_path, "accounts:\n  security: &same {profile: flw-sec}\n  dev: *same\n")
    with pytest.raises(UsageError, match="cannot be changed in one place"):
        file.require_room_for_ids(["dev"])


def test_a_second_command_waits_outside(tmp_path: Path) -> None:
    file = project(tmp_path, ACCOUNTS["flow"])
    with file.alone(), pytest.raises(LockHeld), ConfigFile(tmp_path).alone():
        pass


def test_a_byte_order_mark_and_the_mode_stay(tmp_path: Path) -> None:
    file = project(tmp_path, ACCOUNTS["flow"])
    path = tmp_path / "flowops.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    path.chmod(0o640)
    file.write_id("dev", "222222222222")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf# ours")
    assert path.stat().st_mode & 0o777 == 0o640


def test_an_account_that_somebody_took_out_while_it_was_made_is_an_answer_and_no_crash(tmp_path: Path) -> None:
    file = project(tmp_path, ACCOUNTS["flow"])
    project(tmp_path, "accounts: {security: {profile: flw-sec}, dev: {profile: flw-dev}}\n")
    for attempt in (lambda: file.write_id("prod", "012345678901"), lambda: file.require_room_for_ids(["prod"])):
        with pytest.raises(UsageError, match="names no account prod any more") as error:
            attempt()
        assert error.value.next_step.startswith("flowops accounts list")
