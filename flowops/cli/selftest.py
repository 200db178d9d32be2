"""selftest: what only a real account can prove."""

from __future__ import annotations

from typing import Any

import click

from flowops.cli import options
from flowops.cli.context import Invocation


@click.command()
@options.option("--account", required=True, metavar="ACCOUNT", help="Sandbox account to test in, by its name.")
@options.option(
    "--environment", metavar="ENV", default=None, help="Environment of the account, where it has more than one."
)
@options.option("--layer", metavar="LAYER", default=None, help="Only this layer (default: all, in order).")
@options.option("--keep", is_flag=True, help="Leave what stands when a stage does not hold; it goes on costing money.")
@options.yes
@options.option("--confirm", metavar="ACCOUNT", default="", consent=True, help="Confirm by the account's name.")
@options.parallelism
@options.warm_providers
@options.settings
@click.pass_obj
def selftest(invocation: Invocation, /, **values: Any) -> int:
    """Run the whole life of an environment in a sandbox account of yours, on AWS, and destroy it again.

    Proves what no rehearsal can: service control policies, quotas, CloudFormation's own rollback, real times. It costs
    money while it stands. Refused with 4 where an environment of the account is protected, or something stands there.

    Example: flowops selftest --account dev --layer foundation
    """
    from flowops.cli.view.result import show
    from flowops.cli.view.selftest import selftest_result
    from flowops.model.selftest import SelftestRequest

    result = invocation.app().selftest(SelftestRequest(**values))
    return show(selftest_result(result, invocation.pointed), invocation.output)
