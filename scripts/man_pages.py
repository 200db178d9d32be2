"""Man pages of flowops and of every command, from the help that click shows: `python scripts/man_pages.py FOLDER`.

Writes FOLDER/man1/flowops.1, FOLDER/man1/flowops-plan.1 and so on, in the man macros of man(7). They say what `--help`
says, and nothing else; no page has a date, so that the same help gives the same bytes.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from flowops import __version__
from flowops.cli import root
from flowops.errors import EXIT_MEANING

_MARKUP = re.compile(r"`([^`]+)`")


def pages(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of the page of a command, and of each below it that is not hidden."""
    yield context.command_path.replace(" ", "-"), "\n".join(_page(command, context)) + "\n"
    for name, child in _children(command, context):
        yield from pages(child, click.Context(child, context, name))


def _children(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield name, child


def _page(command: click.Command, context: click.Context) -> Iterator[str]:
    name = context.command_path.replace(" ", "-")
    yield f'.TH "{quoted(name.upper())}" "1" "" "flowops {__version__}" "flowops"'
    yield from (".nh", ".ad l")  # a variable that is cut in two cannot be copied
    yield from (".SH NAME", rf"{quoted(name)} \- {quoted(_short(command))}", ".SH SYNOPSIS")
    yield f".B {quoted(context.command_path)}"
    yield quoted(" ".join(command.collect_usage_pieces(context)))
    said, examples = _help_of(command)
    yield from (".SH DESCRIPTION", *said)
    yield from _options(command, context)
    yield from _commands(command, context)
    if examples:
        yield from (".SH EXAMPLES", ".nf", *map(quoted, examples), ".fi")
    yield from (".SH EXIT STATUS", *_exit_codes())
    yield from _related(context)


def _short(command: click.Command) -> str:
    return command.get_short_help_str(1000).removesuffix(".")


def _help_of(command: click.Command) -> tuple[list[str], list[str]]:
    """Return the paragraphs of a help text as roff, and the commands of its examples."""
    said: list[str] = []
    examples: list[str] = []
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        lines = paragraph.splitlines()
        as_it_is = lines[:1] == ["\b"]
        kept = [line for line in lines if line != "\b"]
        examples += [line.removeprefix("Example: ") for line in kept if line.startswith("Example: ")]
        rest = [quoted(line) for line in kept if not line.startswith("Example: ")]
        if rest:
            said += [".PP", *([".nf", *rest, ".fi"] if as_it_is else rest)]
    return said, examples


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    records = [it.get_help_record(context) for it in command.get_params(context) if isinstance(it, click.Option)]
    yield ".SH OPTIONS"
    for record in filter(None, records):
        yield from (".TP", rf"\fB{quoted(record[0])}\fR", quoted(record[1]))


def _commands(command: click.Command, context: click.Context) -> Iterator[str]:
    found = list(_children(command, context))
    if found:
        yield ".SH COMMANDS"
        for name, child in found:
            yield from (".TP", rf"\fB{quoted(name)}\fR", quoted(child.get_short_help_str(1000)))


def _exit_codes() -> Iterator[str]:
    for code, meaning in EXIT_MEANING.items():
        yield from (".TP", rf"\fB{int(code)}\fR", quoted(meaning))


def _related(context: click.Context) -> Iterator[str]:
    above = context.parent.command_path if context.parent is not None else ""
    below = [f"{context.command_path} {name}" for name, _ in _children(context.command, context)]
    names = [it.replace(" ", "-") for it in (above, *below) if it]
    if names:
        yield ".SH SEE ALSO"
        yield ", ".join(rf"\fB{quoted(it)}\fR(1)" for it in names)


def quoted(text: str) -> str:
    r"""Return a text as roff shows it: no backslash, dash or quote changes its meaning, and no line is a request."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("^", r"\(ha").replace("~", r"\(ti")
    escaped = escaped.replace("'", r"\(aq").replace('"', r"\(dq").replace("…", "...")
    plain = _MARKUP.sub(r"\\fB\1\\fR", escaped)
    return f"\\&{plain}" if plain.startswith(".") else plain


def main() -> int:
    """Write every page and say how many there are."""
    parser = argparse.ArgumentParser(description="Man pages of flowops.")
    parser.add_argument("folder", type=Path, help="where man1/ is to be")
    folder = parser.parse_args().folder / "man1"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("flowops*.1"):
        old.unlink()
    context = click.Context(root, info_name="flowops", **root.context_settings)
    found = dict(pages(root, context))
    for name, text in found.items():
        (folder / f"{name}.1").write_text(text)
    print(f"{len(found)} pages in {folder}; try: man -l {folder / 'flowops.1'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
