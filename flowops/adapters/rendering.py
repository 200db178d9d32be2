"""Templates of HCL: every value enters as a literal, so that no value is ever evaluated.

A template prints values through the filter `hcl` only. What is printed without it, a name that is not there, and
whatever else goes wrong is InvalidConfig with `file:line`.
"""

from __future__ import annotations

import math
import os
import unicodedata
from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from traceback import walk_tb
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, TemplateError, TemplateSyntaxError, Undefined, pass_context
from jinja2.exceptions import TemplateRuntimeError, UndefinedError
from jinja2.loaders import split_template_path
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from flowops import atomic_file
from flowops.adapters import text_file
from flowops.errors import InvalidConfig, OperationFailed
from flowops.model.rendering import SUFFIX

TEMPLATE_SUFFIX = f".hcl{SUFFIX}"

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_INVISIBLE = ("Cc", "Cf", "Zl", "Zp", "Co", "Cn")


class HclLiteral(str):
    """HCL text of one value; only the filter `hcl` makes it, and only it may be printed."""

    __slots__ = ()


def hcl(value: object) -> HclLiteral:
    """Return `value` as an HCL literal that evaluates to exactly it; strings are normalised to NFC, as HCL does.

    Strings, booleans, numbers, None, lists and maps with string keys; anything else is a TypeError, and so is a
    number or a text that HCL cannot hold.
    """
    match value:
        case Undefined():
            return HclLiteral(str(value))  # which raises: this name is not there
        case None:
            return HclLiteral("null")
        case bool():
            return HclLiteral("true" if value else "false")
        case str():
            return HclLiteral(_quoted(value))
        case int() | float():
            return HclLiteral(_number(value))
        case Mapping():
            pairs = ", ".join(f"{_key(key)} = {hcl(it)}" for key, it in value.items())
            return HclLiteral(f"{{ {pairs} }}" if pairs else "{}")
        case list() | tuple():
            return HclLiteral(f"[{', '.join(hcl(it) for it in value)}]")
        case _:
            raise TypeError(f"a {type(value).__name__} has no HCL literal")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a map's key is a string, not {key!r}")
    return _quoted(key)


def _number(value: int | float) -> str:
    if not math.isfinite(value):
        raise TypeError(f"{value!r} is not a number in HCL")
    return repr(value)


def _quoted(text: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise TypeError("a lone surrogate is not text")
    escaped = "".join(map(_escaped, unicodedata.normalize("NFC", text)))
    # A doubled first character makes HCL read both as text; backslash escapes do not reach these two.
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if unicodedata.category(character) not in _INVISIBLE:
        return character
    # Invisible characters stay visible to whoever reads the committed file.
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


class TemplateTree:
    """The templates below one folder, each rendered into the file beside it that has its name without `.j2`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._environment = _environment(root)

    def templates(self) -> tuple[PurePosixPath, ...]:
        """Return every `*.hcl.j2` below the folder, relative to it; hidden folders (caches) are not entered."""
        found = []
        for current, folders, files in os.walk(self._root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            here = PurePosixPath(Path(current).relative_to(self._root).as_posix())
            found += [here / name for name in sorted(files) if name.endswith(TEMPLATE_SUFFIX)]
        return tuple(found)

    def render(self, template: PurePosixPath, context: Mapping[str, object]) -> str:
        """Return what `template` says of `context`; InvalidConfig names file and line of what is wrong."""
        path = self._root / template
        try:
            return self._environment.get_template(str(template)).render(context)
        except TemplateSyntaxError as error:
            raise _at(Path(error.filename or path), error.lineno, error.message or "is not a template") from error
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            where, line = self._line(error, path)
            raise _at(where, line, _explained(error, context)) from error

    def current(self, template: PurePosixPath) -> str | None:
        """Return the text beside `template`, or None where there is none or it is not text."""
        target = self._target(template)
        if not target.exists():
            return None
        try:
            return text_file.content(target).decode()
        except UnicodeDecodeError:
            return None

    def write(self, template: PurePosixPath, text: str) -> None:
        """Replace the file beside `template` at once; OperationFailed where it cannot be written."""
        target = self._target(template)
        try:
            atomic_file.write(target, text.encode(), mode=atomic_file.shared_mode(target))
        except OSError as error:
            raise OperationFailed(
                f"{target} cannot be written: {error.strerror}.",
                not_done="This file and those after it were not rendered.",
                next_step="flowops render, once it can be",
            ) from error

    def _target(self, template: PurePosixPath) -> Path:
        return self._root / str(template).removesuffix(SUFFIX)

    def _line(self, error: Exception, path: Path) -> tuple[Path, int]:
        """Return where in the templates the error arose: Jinja maps the frames of its code to template lines."""
        frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
        inside = [(Path(name), line) for name, line in frames if Path(name).is_relative_to(self._root)]
        return inside[-1] if inside else (path, 1)


class _UnknownName(UndefinedError):
    """A name that the template itself does not know."""


class _Named(StrictUndefined):
    """An undefined value that says which names there are as soon as anything is done with it."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[TemplateRuntimeError] = UndefinedError,
    ) -> None:
        unknown = exc is UndefinedError and obj is missing and hint is None
        super().__init__(hint, obj, name, _UnknownName if unknown else exc)

    @property
    def _undefined_message(self) -> str:
        owner = self._undefined_obj
        if self._undefined_hint:
            return self._undefined_hint
        known = _known(owner) if isinstance(owner, Mapping) else ""
        return f"there is no {self._undefined_name!r} here{known}"


@pass_context
def _finalize(_context: Context, value: object) -> str:
    """Let only HCL literals out; with a context, so that Jinja calls it while rendering and knows the line."""
    if isinstance(value, Undefined):
        str(value)
    if not isinstance(value, HclLiteral):
        raise TypeError("a value is printed without the filter `hcl`: write {{ value | hcl }}")
    return str(value)


def _source(root: Path, name: str) -> tuple[str, str, None] | None:
    """Return the text of a template and where it stands, None where there is none; no name leads out of `root`."""
    path = root.joinpath(*split_template_path(name))
    return (text_file.read(path), str(path), None) if os.path.lexists(path) else None


def _environment(root: Path) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(partial(_source, root)),
        undefined=_Named,
        finalize=_finalize,
        autoescape=False,  # HTML's rules; `hcl` is this format's own
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["hcl"] = hcl
    return environment


def _explained(error: Exception, context: Mapping[str, object]) -> str:
    known = _known(context) if isinstance(error, _UnknownName) else ""
    return f"{error}{known}"


def _known(names: Mapping[str, object]) -> str:
    return f"; known: {', '.join(sorted(names)) or 'none'}"


def _at(path: Path, line: int, text: str) -> InvalidConfig:
    return InvalidConfig(f"{path}:{line}: {text.rstrip('.')}.", not_done="No file was rendered.")


def require_rendered(root: Path, folder: PurePosixPath, *, discovered: bool) -> None:
    """Raise OperationFailed where a file that the units below `folder` may read was never rendered."""
    tree = TemplateTree(root)
    near = (it for it in tree.templates() if it.is_relative_to(folder) or folder.is_relative_to(it.parent))
    missing = [str(it).removesuffix(SUFFIX) for it in near if tree.current(it) is None]
    if missing:
        raise OperationFailed(
            f"Not rendered yet, from the template beside it: {', '.join(missing)}.",
            not_done="No unit was started.",
            next_step="flowops render" if discovered else "flowops bootstrap",
        )
