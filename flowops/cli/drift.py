"""drift."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from flowops.cli import options
from flowops.cli.context import Invocation
from flowops.model.drift.request import DriftRequest
from flowops.model.drift.shards import shard_of
from flowops.model.drift.texts import led

if TYPE_CHECKING:
    from flowops.app import App


@click.command()
@options.maybe_environment
@options.maybe_layer
@options.shard
@options.shard_plan
@options.unmanaged
@options.everything
@options.drift_report
@options.parallelism
@options.warm_providers
@options.unit_timeout
@options.settings
@click.pass_obj
def drift(invocation: Invocation, /, **values: Any) -> int:
    """Find what moved since the last apply, the cloud or the code, and who did it; changes and locks nothing.

    Without ENV every environment is looked at, and what they share. Ends with 0 where nothing moved, 2 where something
    did, 1 where something could not be checked, and 6 where all that could be was at work.

    Example: flowops drift dev --report html=drift.html
    Example: flowops drift --unmanaged
    """
    from flowops.cli.view.drift import drift_result_view
    from flowops.cli.view.result import show

    app = invocation.app()
    write = app.drift_results.reports(values.pop("reports"))
    everything = values.pop("everything")
    result = led(app.drift(_request(app, values)), invocation.pointed)
    write(result)
    return show(drift_result_view(result, everything=everything), invocation.output)


def _request(app: App, values: dict[str, Any]) -> DriftRequest:
    """Return the request that these command line values mean."""
    asked, file = values.pop("shard"), values.pop("shard_plan")
    shard = shard_of(asked, os.environ) if asked else None
    if file is None:
        return DriftRequest(shard=shard, **values)
    if shard is None:
        raise click.UsageError("--shard-plan says which units are in a shard: it goes with --shard.")
    return DriftRequest(shard=shard, assigned=app.drift_results.assigned(file, shard.count), **values)
