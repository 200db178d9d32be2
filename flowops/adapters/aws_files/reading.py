"""What an AWS file says to the tools that read it, and what keeps them from reading it, by file and line.

botocore reads with configparser (botocore.configloader), so that a section or a key that stands twice is an error, as
is a line before the first section.
"""

from __future__ import annotations

import codecs
import os
import re
import shlex
from collections.abc import Mapping
from configparser import (
    DuplicateOptionError,
    DuplicateSectionError,
    MissingSectionHeaderError,
    ParsingError,
    RawConfigParser,
)
from pathlib import Path

from flowops.adapters import text_file
from flowops.adapters.aws_files.lines import sections, split
from flowops.errors import InvalidConfig, shown
from flowops.model.profiles import SectionKind, is_secret

Meaning = Mapping[str, Mapping[str, str]]
"""The keys of each section, by its header."""

Name = tuple[SectionKind, str]


def content(path: Path) -> bytes | None:
    """Return the bytes of an AWS file, None where there is none; InvalidConfig where it is no file to be read."""
    if not os.path.lexists(path):
        return None
    if path.is_symlink() and not path.exists():
        raise _wrong(path, 1, f"is a link to {shown(os.readlink(path))}, where nothing can be read", _aside(path))
    if not path.is_file():
        raise _wrong(path, 1, "is not a regular file", _aside(path))
    return text_file.content(path)


def text_of(path: Path, raw: bytes) -> str:
    """Return the text in these bytes; InvalidConfig names the line of what is none, or is no text to AWS's tools."""
    if raw.startswith(codecs.BOM_UTF8):
        raise _wrong(
            path,
            1,
            "begins with a byte order mark, with which AWS's tools cannot read the file",
            f"sed -i '1s/^\\xEF\\xBB\\xBF//' {shlex.quote(str(path))}{text_file.AGAIN}",
        )
    if b"\0" in raw:
        raise _wrong(path, raw[: raw.index(b"\0")].count(b"\n") + 1, "holds a NUL byte")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise _wrong(path, raw[: error.start].count(b"\n") + 1, "is not UTF-8 text") from error


def meaning(path: Path, text: str) -> Meaning:
    """Return the keys of each section as botocore reads them; InvalidConfig names the line that keeps it from reading.

    No error quotes the text: it may be a secret.
    """
    # A section [DEFAULT] is one like others here: what it lends to those is not theirs to change.
    parser = RawConfigParser(default_section="")
    try:
        parser.read_string(re.sub("\r\n?", "\n", text))
    except MissingSectionHeaderError as error:
        raise _syntax(path, text, error.lineno, "stands before the first [section]") from None
    except DuplicateSectionError as error:
        raise _wrong(path, error.lineno or 1, f"section {shown(error.section)} stands here a second time") from None
    except DuplicateOptionError as error:
        said = f"key {shown(error.option)} stands here a second time in section {shown(error.section)}"
        raise _syntax(path, text, error.lineno or 1, said) from None
    except ParsingError as error:
        said = "is neither [section], KEY = VALUE nor a comment"
        raise _syntax(path, text, error.errors[0][0], said) from None
    found = {header: dict(parser[header]) for header in parser.sections()}
    _check_nested(path, text, found)
    return found


def _syntax(path: Path, text: str, line: int, said: str) -> InvalidConfig:
    """Return what is wrong at a line, or the header without its ] above it, which makes all below it wrong."""
    above = enumerate(split(text)[:line], start=1)
    unclosed = next((number for number, it in above if it.lstrip().startswith("[") and "]" not in it), None)
    return _wrong(path, unclosed, "is a section without its ]") if unclosed else _wrong(path, line, said)


def _check_nested(path: Path, text: str, found: Meaning) -> None:
    """Refuse a block below `key =` with a line that is no KEY = VALUE, which botocore does not read."""
    for section in sections(split(text)):
        for key, option in section.options.items():
            value = found.get(section.header, {}).get(key, "")
            if value.startswith("\n") and any(it.strip() and "=" not in it for it in value.splitlines()):
                raise _wrong(path, option.first + 1, f"the lines below {shown(key)} are not all KEY = VALUE")


def without_secrets(keys: Mapping[str, str]) -> Mapping[str, str]:
    """Return the keys whose values may be shown."""
    return {key: value for key, value in keys.items() if not is_secret(key)}


def in_config(header: str) -> Name | None:
    """Return what a section of the config file describes, None where that is neither a profile nor an sso-session.

    The rule is botocore.configloader.build_profile_map's: [default], or two words, the second perhaps in quotes.
    """
    if header == "default":
        return SectionKind.PROFILE, header
    kind = next((it for it in SectionKind if header.startswith(it.value)), None)
    try:
        words = shlex.split(header)
    except ValueError:
        return None
    return (kind, words[1]) if kind and len(words) == 2 else None


def in_credentials(header: str) -> Name | None:
    """Return the profile of a section of the credentials file: its header is the name."""
    return SectionKind.PROFILE, header


def _aside(path: Path) -> str:
    return f"mv {shlex.quote(str(path))} {shlex.quote(f'{path}.aside')}{text_file.AGAIN}"


def _wrong(path: Path, line: int, said: str, mend: str = text_file.MEND) -> InvalidConfig:
    return InvalidConfig(f"{path}:{line}: {said}.", not_done="Nothing was written.", next_step=mend)
