"""Every option and argument, defined once; each option has its FLOWOPS_ variable."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from flowops.cli.group import group as group
from flowops.cli.named import items
from flowops.cli.settings import Command as Command
from flowops.cli.settings import option as option
from flowops.cli.settings import settings as settings
from flowops.errors import shown
from flowops.model.drift.formats import DriftFormat
from flowops.model.report_format import ReportFormat
from flowops.model.run import RunRequest, Verb, WarmProviders
from flowops.model.safeguards import Safeguard
from flowops.model.toggles import TOGGLES

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Form = TypeVar("Form", bound=Enum)
DriftTargets = tuple[tuple[DriftFormat, Path], ...]

_LONGEST = 3653 * 86400.0
_MOST_GIBIBYTES = 1024**2
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")


class Duration(click.ParamType[float]):
    """A length of time, `90`, `90s`, `45m`, `1h30m` or `30d`, in seconds; ten years at most."""

    name = "duration"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> float:
        """Return the seconds, more than none."""
        if isinstance(value, int | float):
            return float(value)
        found = _DURATION.fullmatch(value.strip())
        numbers = (float(it or 0) for it in found.groups()) if found else ()
        total = sum(number * unit for number, unit in zip(numbers, (86400, 3600, 60, 1), strict=False))
        if not total:
            self.fail(f"{shown(value)} is no length of time: 90, 90s, 45m, 1h30m or 30d.", parameter, context)
        if total > _LONGEST:
            self.fail(f"{shown(value)} is more than ten years.", parameter, context)
        return total


class Gibibytes(click.ParamType[float]):
    """A number of GiB."""

    name = "gib"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> float:
        """Return the number; not one that no disk has, and none that is not a number."""
        number = float(click.FLOAT.convert(value, parameter, context))
        if not 0 <= number <= _MOST_GIBIBYTES:
            self.fail(f"{shown(value)} is no number from 0 to {_MOST_GIBIBYTES}.", parameter, context)
        return number


def target(command: Command) -> Command:
    """Add ENV [LAYER [UNIT]]."""
    return environment(maybe_layer(maybe_unit(command)))


def targets(command: Command) -> Command:
    """Add [ENV] [LAYER [UNIT]] and --all-environments, which stands in place of ENV."""
    command = option(
        "--all-environments", is_flag=True, help="Each environment in turn, protected ones last; in place of ENV."
    )(command)
    return click.argument("environment", required=False, metavar="ENV")(maybe_layer(maybe_unit(command)))


environment = click.argument("environment", metavar="ENV")
maybe_environment = click.argument("environment", required=False, metavar="[ENV]")
maybe_layer = click.argument("layer", required=False, metavar="[LAYER]")
maybe_unit = click.argument("unit", required=False, metavar="[UNIT]")
username = option("--username", metavar="NAME", default="", help="User of Flowable's repository.")
secret_file = option(
    "--file",
    type=click.Path(path_type=Path, resolve_path=True),
    default=None,
    help="File that holds the value.",
)
stdin = option("--stdin", is_flag=True, help="Read the value from a pipe or a redirected file.")
yes = option("--yes", is_flag=True, consent=True, help="Answer the normal prompt with yes.")
confirm = option(
    "--confirm",
    metavar="ENV",
    default="",
    consent=True,
    help="Confirm a protected environment or a destroy by its name.",
)
confirms = option(
    "--confirm",
    "confirmed",
    metavar="ENV",
    multiple=True,
    consent=True,
    help="Confirm a protected environment by its name (repeatable with --all-environments).",
)
allow_replace = option(
    "--allow-replace",
    metavar="ADDRESS",
    multiple=True,
    consent=True,
    help="Allow replacing this stateful resource (repeatable, globs).",
)
allow_destroy = option(
    "--allow-destroy",
    metavar="ADDRESS",
    multiple=True,
    consent=True,
    help="Allow deleting this stateful resource (repeatable, globs).",
)
without_safeguard = option(
    "--without-safeguard",
    "without_safeguards",
    type=click.Choice([it.value for it in Safeguard]),
    multiple=True,
    consent=True,
    help="Go without this safeguard, this time (repeatable).",
)
with_dependents = option(
    "--with-dependents", is_flag=True, consent=True, help="Also destroy what still depends on the selection."
)
older_than = option(
    "--older-than",
    type=Duration(),
    default="30d",
    show_default=True,
    metavar="DURATION",
    help="Only what has not been used for that long, such as 30d or 12h.",
)
parallelism = option(
    "--parallelism",
    type=click.IntRange(1, 64),
    default=None,
    help="How many units run side by side (default: what cores and free memory allow).",
)
unit_timeout = option(
    "--unit-timeout",
    type=Duration(),
    default=None,
    metavar="DURATION",
    help="Interrupt a unit whose terraform takes longer, such as 45m, 1h30m or 90 (seconds).",
)
without = option(
    "--without",
    type=click.Choice(list(TOGGLES)),
    multiple=True,
    help="Rehearse with this switched off, in the scratch copy only (repeatable).",
)
warm_providers = option(
    "--warm-providers",
    type=click.Choice([it.value for it in WarmProviders]),
    default=WarmProviders.AUTO.value,
    show_default=True,
    callback=lambda _context, _parameter, value: WarmProviders(value),
    help="Share provider processes between units: auto does, except for applies in CI; always there, too.",
)


def _report(formats: type[Form], what: str) -> Callable[[Command], Command]:
    """Return the option that writes `what` to files, each in one of these formats."""
    known = [it.value for it in formats]

    def targets(
        context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
    ) -> tuple[tuple[Form, Path], ...]:
        """Return each FORMAT=PATH as the two; a wrong one is answered with the formats that there are."""
        found = []
        for value in values:
            form, _, path = value.partition("=")
            if form not in known or not path:
                said = f"{value!r} is not FORMAT=PATH, where FORMAT is one of {', '.join(known)}."
                raise click.BadParameter(said, context, parameter)
            found.append((formats(form), Path(path)))
        return tuple(found)

    def complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Return `FORMAT=` for each format, and behind it that a file is to follow."""
        from click.shell_completion import CompletionItem

        return [CompletionItem("", type="file")] if "=" in incomplete else items((f"{it}=" for it in known), incomplete)

    listed = f"{', '.join(known[:-1])} or {known[-1]}"
    return option(
        "--report",
        "reports",
        metavar="FORMAT=PATH",
        multiple=True,
        callback=targets,
        shell_complete=complete,
        help=f"Write {what} as {listed} (repeatable).",
    )


report = _report(ReportFormat, "what changes, and what became of it,")
drift_report = _report(DriftFormat, "what was found")
shard = option(
    "--shard",
    metavar="I/N",
    help="Look at one part of the units: 2/8, /8 in a Kubernetes Indexed Job, or auto in GitLab and AWS Batch.",
)
shard_plan = option(
    "--shard-plan",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default=None,
    help="Take the units of each shard from this file of ci matrix.",
)
unmanaged = option("--unmanaged", is_flag=True, help="Also list what stands in the account and no state knows.")
everything = option("--all", "everything", is_flag=True, help="Also noise, what is ignored, and what is clean.")


def run_request(verb: Verb, values: dict[str, Any]) -> RunRequest:
    """Return the request that these command line values mean; with --all-environments its environment is ""."""
    known = {name: value for name, value in values.items() if value is not None and name != "reports"}
    if known.pop("all_environments", False):
        known = _shifted(known)
    elif "environment" not in known:
        raise click.MissingParameter(param_type="argument", param_hint="'ENV'")
    confirmed: tuple[str, ...] = known.pop("confirmed", ())
    if confirmed:
        # A name that is not this environment's is for the run to refuse.
        known["confirm"] = next((it for it in confirmed if it != known["environment"]), confirmed[0])
    return RunRequest(verb, **known)


def _shifted(known: dict[str, Any]) -> dict[str, Any]:
    """Return the values with what stands in place of ENV as the layer, and what follows as the unit."""
    if "unit" in known:
        raise click.UsageError("--all-environments stands in place of ENV: at most LAYER and UNIT go with it.")
    if known.get("allow_destroy") or known.get("allow_replace"):
        # An address has no environment in it: it would allow the loss everywhere.
        raise click.UsageError("What holds data is given up in one environment at a time: name ENV.")
    moved = {"layer": known.pop("environment", None), "unit": known.pop("layer", None)}
    return {**known, "environment": "", **moved}
