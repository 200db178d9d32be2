"""What stands in an environment's account and region, and what of it flowops answers for."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.listings import LISTINGS, Place
from flowops.adapters.aws.objects import object_in
from flowops.adapters.aws.resources import tagged
from flowops.errors import DamagedState
from flowops.model.deployment import Environment
from flowops.model.drift.finding import Finding
from flowops.model.drift.managed import Managed, managed_ids, stack_ids
from flowops.model.drift.unmanaged import standing, unmanaged
from flowops.model.evidence import recover_command
from flowops.model.plaintext import printable

_AT_ONCE = 6


@dataclass(frozen=True)
class States:
    """Where the states of an account lie, and the stacks of the bootstrap there; `session` may read them.

    `way_in` is the role by which the management account comes in.
    """

    session: AwsSession
    bucket: str
    account: str
    stacks: Sequence[str]
    way_in: str


class AccountInventory:
    """An environment's account and region as the plan role sees them.

    `reader` returns its session there, `states` what tells which of it is managed.
    """

    name = "unmanaged"

    def __init__(self, reader: Callable[[Environment], AwsSession], states: Callable[[Environment], States]) -> None:
        self._reader, self._states = reader, states

    def look(self, environment: Environment | None) -> Iterator[Finding]:
        """Yield a finding for each resource that no state and no stack of the bootstrap knows; nothing without one.

        DamagedState, AwsDenied or AwsFailed where that cannot be told. Environments that share an account and region
        find the same.
        """
        if environment is not None:
            yield from self.unmanaged(environment, self.managed(environment))

    def managed(self, environment: Environment) -> Managed:
        """Return what all states of the account and the stacks of its bootstrap know.

        Also states of other environments there, and of units that are in the tree no more. DamagedState for one that
        cannot be read: without it, whatever it holds would seem to be nobody's.
        """
        known = self._states(environment)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            states = list(pool.map(lambda key: _of_state(known, key, environment), _state_keys(known)))
        stacks = (_of_stack(known.session, name) for name in known.stacks)
        return Managed(frozenset({f"aws_iam_role/{known.way_in}"}).union(*states, *stacks))

    def unmanaged(self, environment: Environment, managed: Managed) -> Iterator[Finding]:
        """Yield a finding for each resource that stands and is not managed; AwsDenied, AwsFailed.

        The listings of services find what has no tags; what other kinds there are, the tagging API adds. That one
        knows only what has tags or once had some (Resource Groups Tagging API Reference, "GetResources").
        """
        session = self._reader(environment)
        place = Place(session, self._states(environment).account)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            with_tags = pool.submit(tagged, session, {})
            listed = [it for found in pool.map(lambda listing: list(listing[0](place)), LISTINGS) for it in found]
        complete = {kind for _, kinds in LISTINGS for kind in kinds}
        yield from unmanaged(environment.name, standing(listed, with_tags.result(), complete), managed)


def _state_keys(known: States) -> list[str]:
    listed = known.session.each("s3", "ListObjectsV2", "Contents", Bucket=known.bucket, Prefix=f"{known.account}/")
    return [it["Key"] for it in listed if it["Key"].endswith(".tfstate")]


def _of_state(known: States, key: str, environment: Environment) -> frozenset[str]:
    raw, _ = object_in(known.session, known.bucket, key)
    try:
        # One that is gone since it was listed holds nothing.
        return managed_ids(json.loads(raw)) if raw is not None else frozenset()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedState(
            f"State s3://{known.bucket}/{key} cannot be read ({printable(str(error))}), "
            "so nobody can tell what is unmanaged.",
            next_step=_way_back(known, key, environment),
        ) from error


def _way_back(known: States, key: str, environment: Environment) -> str:
    """Return what lists the kept versions of a state: flowops itself where it is one of the environment's units."""
    for unit in environment.units:
        if unit.state_key(known.account) == key:
            return f"{recover_command(unit, '--list')}, and --version of the last good one"
    listed = shlex.join(("aws", "s3api", "list-object-versions", "--bucket", known.bucket, "--prefix", key))
    return f"flowops auth exec {environment.name} -- {listed}; it is the state of no unit of {environment.name}"


def _of_stack(session: AwsSession, name: str) -> frozenset[str]:
    found = session.each("cloudformation", "ListStackResources", "StackResourceSummaries", StackName=name)
    ids = [stack_ids(it["ResourceType"], it.get("PhysicalResourceId", "")) for it in found]
    own = session.call("cloudformation", "DescribeStacks", StackName=name)["Stacks"][0]["StackId"]
    return frozenset({own}).union(*ids)
