"""The shells that complete our command line: what each one loads, and the answers it gets while somebody types."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import ClassVar

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ShellComplete, ZshComplete
from click.shell_completion import split_arg_string as words_of

from flowops.cli.context import Invocation
from flowops.cli.settings import COMPLETE
from flowops.cli.stdout import reader_may_leave
from flowops.errors import Exit

_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' answer kind value
    COMPREPLY=()
    answer=$(COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" %(complete_var)s=bash_complete "$1" 2>/dev/null)
    while IFS=, read -r kind value; do
        case $kind in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
        [[ $value == *= ]] && compopt -o nospace
    done <<< "$answer"
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null || complete -F %(complete_func)s %(prog_name)s
"""
"""Not click's own: that one cannot tell `--output=json` from three words, and matches what it gets against files."""


_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a plain open described
    local answer kind value about
    (( ! $+commands[%(prog_name)s] )) && return 1
    answer=$(COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) %(complete_var)s=zsh_complete %(prog_name)s 2>/dev/null)
    for kind value about in "${(@f)answer}"; do
        case $kind in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            plain)
                if [[ $about != _ ]]; then
                    described+=("$value:$about")
                elif [[ $value == *= ]]; then
                    open+=("$value")
                else
                    plain+=("$value")
                fi ;;
        esac
    done
    [[ -n $described ]] && _describe -V unsorted described -U
    [[ -n $plain ]] && compadd -U -V unsorted -a plain
    [[ -n $open ]] && compadd -U -V unsorted -S '' -a open
    return 0
}

if [[ $funcstack[1] == _%(prog_name)s ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""
"""Not click's own: where it is found by its file's name, that one completes nothing the second time, and `=` ends a
word for it."""

_FISH = """\
function %(complete_func)s
    set -l words (commandline -cp)
    set -l response (env %(complete_var)s=fish_complete COMP_WORDS="$words" COMP_CWORD=(commandline -t) %(prog_name)s)
    for completion in $response
        set -l parts (string split -m 1 "," $completion)
        switch $parts[1]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
            case plain
                echo $parts[2]
        end
    end
end
complete --no-files --keep-order --command %(prog_name)s --arguments "(%(complete_func)s)"
"""
"""Not click's own: that one cuts a description at its first comma."""


class _Ours(ShellComplete):
    """Completes names of the project by the metavar of whatever takes them; `~` is the home folder in typed words."""

    keeps_option: ClassVar[bool] = True
    """Whether a completion of `--option=val` repeats `--option=`: a shell that takes it for one word needs that."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """Return what can stand in place of the incomplete word."""
        typed = [os.path.expanduser(it) for it in args]
        items = super().get_completions(typed, incomplete)
        option, equals, _ = incomplete.partition("=")
        if equals and option.startswith("-") and self.keeps_option:
            return [CompletionItem(f"{option}={it.value}", it.type, it.help) for it in items]
        return items


class _Bash(_Ours, BashComplete):
    source_template = _BASH
    keeps_option = False

    def source(self) -> str:
        """Return the script; which bash will read it is not known here."""
        return self.source_template % self.source_vars()

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor as they were typed, and the one that it stands in."""
        line = os.environ["COMP_LINE"].encode()[: int(os.environ["COMP_POINT"])].decode(errors="ignore")
        words = words_of(line)
        incomplete = "" if not words or line[-1:].isspace() else words.pop()
        return words[1:], incomplete


class _Zsh(_Ours, ZshComplete):
    source_template = _ZSH


class _Fish(_Ours, FishComplete):
    source_template = _FISH


SHELLS: Mapping[str, type[ShellComplete]] = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}


def answer(root: click.Command, invocation: Invocation, instruction: str) -> int:
    """Print what a shell asked for by the variable of completion; whatever is wrong completes to nothing."""
    shell, _, _ = instruction.partition("_")
    try:
        text = completer(root, invocation, shell).complete()
    except Exception:
        # Somebody is typing: a message would land in their line.
        return int(Exit.FAILED)
    with reader_may_leave():
        sys.stdout.write(f"{text}\n" if text else "")
    return int(Exit.FINE)


def completer(root: click.Command, invocation: Invocation, shell: str) -> ShellComplete:
    """Return what answers one of SHELLS."""
    return SHELLS[shell](root, {"obj": invocation}, "flowops", COMPLETE)
