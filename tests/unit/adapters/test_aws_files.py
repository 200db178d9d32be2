"""AWS's own files: what is not named stays by the byte, and botocore reads back what was meant."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest
from botocore.configloader import load_config, raw_config_parse
from botocore.exceptions import ConfigParseError
from hypothesis import given
from hypothesis import strategies as st

from flowops.adapters.aws_files import FileAwsFiles
from flowops.errors import InvalidConfig, UsageError
from flowops.model.profiles import ProfileSettings, Proposal, SectionKind
from tests.real_aws_files import CONFIGS, CREDENTIALS, UNREADABLE

CANARY = "canary-value-1"
_END = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")


class Home:
    """Two files in a folder of their own."""

    def __init__(self, folder: Path, config: bytes | None = None, credentials: bytes | None = None) -> None:
        self.config, self.credentials = folder / "config", folder / "credentials"
        for path, content in ((self.config, config), (self.credentials, credentials)):
            if content is not None:
                path.write_bytes(content)
                path.chmod(0o600)
        self.files = FileAwsFiles(self.config, self.credentials)

    def put(self, *wanted: ProfileSettings) -> Proposal:
        proposal = self.files.proposed(wanted)
        self.files.write(proposal)
        return proposal

    @property
    def profiles(self) -> Any:
        """Return what botocore reads in the config file."""
        return load_config(str(self.config))["profiles"]


def pieces(raw: bytes) -> list[str]:
    return [it for it in _END.split(raw.decode()) if it]


def changes(before: bytes, after: bytes) -> list[tuple[str, str]]:
    """Return what stood and what stands in each place that changed, told by difflib and not by the editor."""
    old, new = pieces(before), pieces(after)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [("".join(old[a:b]), "".join(new[c:d])) for what, a, b, c, d in codes if what != "equal"]


def ended(raw: bytes) -> bytes:
    """Return a file whose last line has an end."""
    end = b"\r\n" if b"\r\n" in raw else b"\r" if b"\r" in raw else b"\n"
    return raw if not raw or raw[-1:] in b"\r\n" else raw + end


@pytest.mark.parametrize("name", CONFIGS)
def test_a_new_profile_is_added_and_taken_away_and_nothing_else_changes_by_a_byte(name: str, tmp_path: Path) -> None:
    before = CONFIGS[name]
    home = Home(tmp_path, before)
    standing = load_config(str(home.config))
    wanted = {"role_arn": "arn:aws:iam::222222222222:role/flowable/DevOpsAdminRole", "source_profile": "flw-iac"}
    proposal = home.put(ProfileSettings("flw-new", wanted))
    after = home.config.read_bytes()
    assert after.startswith(ended(before))
    assert home.profiles["flw-new"].items() >= wanted.items()
    assert {**load_config(str(home.config)), "profiles": None} == {**standing, "profiles": None}
    assert {it: keys for it, keys in home.profiles.items() if it != "flw-new"} == standing["profiles"]
    assert proposal.conflicts == ()
    assert not home.files.proposed([ProfileSettings("flw-new", wanted)]).changed
    home.files.write(home.files.without(["flw-new"]))
    assert home.config.read_bytes() == ended(before)


@pytest.mark.parametrize("name", [it for it, text in CONFIGS.items() if b"profile" in text or b"default" in text])
def test_a_changed_key_is_all_that_changes(name: str, tmp_path: Path) -> None:
    before = CONFIGS[name]
    home = Home(tmp_path, before)
    standing = load_config(str(home.config))["profiles"]
    first = next(iter(standing))
    home.put(ProfileSettings(first, {"region": CANARY}))
    after = home.config.read_bytes()
    change, *more = changes(ended(before), ended(after))
    assert change[0] == "" or change[0].lower().lstrip().startswith("region")
    assert re.fullmatch(rf"(?i)\s*region\s*[=:]\s*{CANARY}\s*", change[1])
    assert more == ([("    west-1\n", "")] if name == "a comment within a value" else [])
    assert home.profiles == {**standing, first: {**standing[first], "region": CANARY}}


@pytest.mark.parametrize("name", CONFIGS)
def test_the_first_profile_leaves_and_no_other_line_does(name: str, tmp_path: Path) -> None:
    before = CONFIGS[name]
    home = Home(tmp_path, before)
    standing = load_config(str(home.config))["profiles"]
    first = next(iter(standing), "none")
    home.files.write(home.files.without([first]))
    kept = {it: keys for it, keys in standing.items() if it != first}
    assert home.profiles == kept
    left = pieces(home.config.read_bytes())
    remaining = iter(pieces(before))
    assert all(line in remaining for line in left), "a line is new, or stands elsewhere"


def test_comments_above_and_below_a_leaving_section_stay(tmp_path: Path) -> None:
    home = Home(tmp_path, CONFIGS["comments of both sorts"])
    home.files.write(home.files.without(["a"]))
    assert home.config.read_bytes() == (
        b"# my profiles\n; do not touch\n\n# output = text\n\n# -- second --\n[profile b]\nregion = eu-west-2\n"
        b"  # indented\n# the end\n"
    )


@pytest.mark.parametrize("name", CREDENTIALS)
def test_keys_are_added_changed_and_taken_away_in_the_credentials_file(name: str, tmp_path: Path) -> None:
    before = CREDENTIALS[name]
    home = Home(tmp_path, None, before)
    standing = raw_config_parse(str(home.credentials))
    keys = {"aws_access_key_id": "AKIAI44QH8DHBEXAMPLE", "aws_secret_access_key": CANARY}
    home.put(ProfileSettings("flw-new", {}, keys))
    assert home.credentials.read_bytes().startswith(ended(before))
    assert raw_config_parse(str(home.credentials)) == {**standing, "flw-new": keys}
    home.files.write(home.files.without(["flw-new"]))
    assert home.credentials.read_bytes() == ended(before)
    first = next(iter(standing))
    home.put(ProfileSettings(first, {}, {"aws_secret_access_key": CANARY}))
    (change,) = changes(ended(before), home.credentials.read_bytes())
    assert change[0] == "" or change[0].lower().lstrip().startswith("aws_secret_access_key")
    changed = {**standing[first], "aws_secret_access_key": CANARY}
    assert raw_config_parse(str(home.credentials)) == {**standing, first: changed}
    assert not home.config.exists(), "nothing was wanted there"


def test_there_are_fifty_of_them() -> None:
    assert len(CONFIGS) + len(CREDENTIALS) >= 50


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize("which", ["config", "credentials"])
def test_a_file_that_cannot_be_read_is_named_with_its_line_and_stays(which: str, name: str, tmp_path: Path) -> None:
    raw, line, said = UNREADABLE[name]
    home = Home(tmp_path, **{which: raw})
    for attempt in (lambda: home.put(ProfileSettings("x", {"region": "y"})), home.files.names):
        with pytest.raises(InvalidConfig) as refused:
            attempt()
        assert refused.value.happened.startswith(f"{tmp_path / which}:{line}: ")
        assert said in refused.value.happened
    assert [(it.name, it.read_bytes()) for it in tmp_path.iterdir()] == [(which, raw)]


def test_what_cannot_be_read_for_a_wrong_line_is_not_quoted(tmp_path: Path) -> None:
    home = Home(tmp_path, None, b"[a]\nwJalrXUtnFEMI\n")
    with pytest.raises(InvalidConfig) as refused:
        home.files.names()
    assert "wJalrXUtnFEMI" not in f"{refused.value}{refused.value.__cause__!r}"


def test_the_command_that_takes_away_a_byte_order_mark_does(tmp_path: Path) -> None:
    home = Home(tmp_path, UNREADABLE["a byte order mark"][0])
    with pytest.raises(InvalidConfig) as refused:
        home.files.names()
    command = refused.value.next_step.removesuffix(", then the same command again")
    assert shlex.split(command)[0] == "sed"
    assert os.system(command) == 0
    assert home.files.names() == ("default",)


def test_one_profile_in_two_spellings_is_not_guessed_at(tmp_path: Path) -> None:
    home = Home(tmp_path, b'[profile a]\nregion = x\n\n[profile "a"]\nregion = y\n')
    assert home.files.settings("a") == {"region": "y"} == home.profiles["a"]
    with pytest.raises(InvalidConfig, match=r"config:4: profile 'a' stands here a second time, .* in line 1"):
        home.put(ProfileSettings("a", {"region": "z"}))
    home.put(ProfileSettings("b", {"region": "z"}))
    home.files.write(home.files.without(["a"]))
    assert list(home.profiles) == ["b"]


def test_a_change_that_would_swallow_the_next_section_is_not_made(tmp_path: Path) -> None:
    before = b"[profile a]\nregion = x\n[profile b]\n  region = y\n  [profile c]\n  region = z\n"
    home = Home(tmp_path, before)
    assert list(home.profiles) == ["a", "b", "c"]
    with pytest.raises(InvalidConfig, match="config:3: cannot be changed here"):
        home.files.without(["b"])
    assert home.config.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"[profile a]\nregion = x\n [profile c]\nregion = y\n", 3),
        (b"[profile a]\nregion = x\n  # aside\n  output = json\n", 4),
        (b"[profile a]\nregion: x\n  output = json\n", 3),
    ],
)
def test_a_line_that_is_a_value_only_by_its_indent_is_not_lost(text: bytes, line: int, tmp_path: Path) -> None:
    home = Home(tmp_path, text.replace(b"]\nregion = y", b"]\noutput = y"))
    before = home.config.read_bytes()
    attempts = [
        ProfileSettings("a", {"region": "z"}),
        ProfileSettings("a", {"source_profile": "z"}, absent=("region",)),
    ]
    for it in attempts:
        with pytest.raises(InvalidConfig, match=f"config:{line}: is indented, so that AWS's tools read it as a part"):
            home.put(it)
    assert home.config.read_bytes() == before


def test_a_section_that_is_a_value_by_its_indent_does_not_leave_with_the_one_above(tmp_path: Path) -> None:
    home = Home(tmp_path, b"[profile a]\nregion = x\n  [profile c]\n  region = y\n")
    with pytest.raises(InvalidConfig, match="config:3: is indented"):
        home.files.without(["a"])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (ProfileSettings("a]\n[b", {"region": "x"}), "can be no name"),
        (ProfileSettings("", {"region": "x"}), "can be no name"),
        (ProfileSettings(" a", {"region": "x"}), "can be no name"),
        (ProfileSettings("a#b", {"region": "x"}), "can be no name"),
        (ProfileSettings("a", {"Region": "x"}), "can be no key"),
        (ProfileSettings("a", {"region = x\noutput": "x"}), "can be no key"),
        (ProfileSettings("a", {"region": "x\n[default]"}), "can be no value of region"),
        (ProfileSettings("a", {"region": ""}), "can be no value of region"),
        (ProfileSettings("a", {"region": "x # y"}), "can be no value of region"),
        (ProfileSettings("a", {"region": "# y"}), "can be no value of region"),
        (ProfileSettings("a", {}, {"aws_secret_access_key": "very\nsecret"}), "the value can be no value"),
    ],
)
def test_names_and_values_that_would_mean_something_else_are_refused(
    settings: ProfileSettings, said: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as refused:
        Home(tmp_path).put(settings)
    assert said in refused.value.happened
    assert "very" not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_a_name_with_blanks_is_quoted_and_found_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.put(ProfileSettings("jane at work", {"region": "eu-west-1"}, {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}))
    assert home.config.read_text() == '[profile "jane at work"]\nregion = eu-west-1\n'
    assert home.profiles == {"jane at work": {"region": "eu-west-1"}}
    assert home.files.names() == ("jane at work",)


def test_an_sso_session_is_a_section_of_its_own(tmp_path: Path) -> None:
    home = Home(tmp_path, b"[profile corp]\nregion = eu-west-1\n")
    keys = {"sso_start_url": "https://corp.awsapps.com/start", "sso_region": "eu-west-1"}
    home.put(
        ProfileSettings("corp", keys, kind=SectionKind.SSO_SESSION),
        ProfileSettings("flw-iac", {"sso_session": "corp", "sso_account_id": "999999999999"}),
    )
    assert load_config(str(home.config))["sso_sessions"] == {"corp": keys}
    assert home.files.settings("corp", SectionKind.SSO_SESSION) == keys
    assert home.files.settings("corp") == {"region": "eu-west-1"}
    assert home.files.place("corp", SectionKind.SSO_SESSION) == f"{home.config}:4"
    assert home.files.names() == ("corp", "flw-iac")


def test_keys_that_have_to_be_absent_leave_both_files(tmp_path: Path) -> None:
    config = b"[profile a]\nsso_session = corp\nregion = x\ns3 =\n  a = b\n"
    home = Home(tmp_path, config, CREDENTIALS["several"])
    absent = ("sso_session", "aws_access_key_id", "aws_secret_access_key", "role_arn", "s3")
    proposal = home.put(ProfileSettings("a", {"source_profile": "b"}, absent=absent))
    assert proposal.conflicts == ("a",)
    assert home.config.read_bytes() == b"[profile a]\nregion = x\nsource_profile = b\n"
    assert home.credentials.read_bytes() == CREDENTIALS["several"].replace(
        b"[a]\n" + CREDENTIALS["aws configure"].removeprefix(b"[default]\n"), b"[a]\n"
    )


def test_what_stands_otherwise_is_a_conflict_and_what_is_only_missing_is_none(tmp_path: Path) -> None:
    home = Home(tmp_path, b"[profile a]\nregion = x\n[profile b]\noutput = json\n", b"[c]\naws_access_key_id = y\n")
    wanted = [
        ProfileSettings("a", {"region": "z"}),
        ProfileSettings("b", {"region": "z"}),
        ProfileSettings("c", {"region": "z"}, {"aws_access_key_id": "z"}),
        ProfileSettings("d", {"region": "z"}),
    ]
    assert home.files.proposed(wanted).conflicts == ("a", "c")


def test_settings_are_of_both_files_and_hold_no_secret(tmp_path: Path) -> None:
    home = Home(
        tmp_path, b"[profile a]\nregion = x\nOutput = json\n", CREDENTIALS["several"] + b"\n[only]\nregion = y\n"
    )
    assert home.files.settings("a") == {"region": "x", "output": "json", "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}
    assert home.files.settings("b").keys() == {"aws_access_key_id"}
    assert home.files.settings("only") == {"region": "y"}
    assert home.files.settings("nobody") == {}
    assert home.files.names() == ("a", "b", "only", "profile c")
    assert (home.files.place("a"), home.files.place("b"), home.files.place("nobody")) == (
        f"{home.config}:1",
        f"{home.credentials}:5",
        "",
    )


LINES = st.sampled_from(
    [
        "[profile a]", "[profile b]", "[default]", " [profile c]", "[sso-session a]", "[profile a", "[services x]",
        "region = x", "region=y", "Region : z", "  region = w", "\trole_arn = r", "s3 =", "  k = v", "    deep = er",
        "    nothing", "# comment", "  ; comment", "", "   ", "output = json # inline", "key", "= value", "a = [b]",
        "x\x0cy = z", "[a = b",
    ]
)  # fmt: skip
ENDS = st.sampled_from([["\n"], ["\r\n"], ["\r"], ["\n", "\r\n"]])
TEXTS = ENDS.flatmap(lambda ends: st.lists(st.tuples(LINES, st.sampled_from(ends)), max_size=14)).map(
    lambda pairs: "".join(line + end for line, end in pairs)
)


def _readable(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except (InvalidConfig, ConfigParseError):
        return None


@given(text=TEXTS, cut=st.booleans(), name=st.sampled_from(["a", "c", "default", "new"]))
def test_whatever_the_file_either_botocore_reads_what_was_meant_or_nothing_is_done(
    tmp_path_factory: pytest.TempPathFactory, text: str, cut: bool, name: str
) -> None:
    before = (text[:-1] if cut else text).encode()
    home = Home(tmp_path_factory.mktemp("any"), before)
    standing = _readable(lambda: home.profiles)
    names = _readable(home.files.names)
    assert (names is None) == (standing is None), "flowops reads what botocore reads"
    proposal = _readable(lambda: home.files.proposed([ProfileSettings(name, {"region": CANARY, "role_arn": "r"})]))
    if standing is None or proposal is None:
        assert home.config.read_bytes() == before
        return
    assert sorted(standing) == list(names)
    home.files.write(proposal)
    assert home.profiles == {**standing, name: {**standing.get(name, {}), "region": CANARY, "role_arn": "r"}}
    for old, new in changes(before, home.config.read_bytes()):
        added = new.startswith(old)
        assert added or all(
            re.match(r"\s*(region|role_arn|nothing$)", it, re.IGNORECASE) for it in pieces(old.encode())
        ), old


def test_every_role_profile_names_its_sessions_where_that_is_wanted_and_no_other_does(tmp_path: Path) -> None:
    files = FileAwsFiles(tmp_path / "config", tmp_path / "credentials", role_sessions="here-alone")
    role = ProfileSettings("ops-dev", {"role_arn": "arn:aws:iam::222222222222:role/R", "source_profile": "ops"})
    files.write(files.proposed([ProfileSettings("ops", {"region": "eu-central-1"}), role]))
    assert files.settings("ops-dev")["role_session_name"] == "here-alone"
    assert "role_session_name" not in files.settings("ops")
    assert not files.proposed([role]).changed
