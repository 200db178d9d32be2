"""What stands in an account that neither a state nor a stack of flowops knows. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from flowops.model.drift.exempt import Mark, exempt
from flowops.model.drift.finding import Finding, Source, Verdict, Way
from flowops.model.drift.kinds import KINDS, Arn, parsed, terraform_name
from flowops.model.drift.managed import Managed
from flowops.model.import_ids import TO_FILL_IN, import_id, importable
from flowops.model.plaintext import printable
from flowops.model.state_document import quoted
from flowops.model.tags import ENVIRONMENT_TAG, LAYER_TAG, UNIT_TAG

_CLUSTER = "arn:{partition}:eks:{region}:{account}:cluster/{value}"
_LABELS = (ENVIRONMENT_TAG, LAYER_TAG, UNIT_TAG)
_TYPES = frozenset(type_ for type_, _ in KINDS.values()) | {"aws_elb"}


@dataclass(frozen=True)
class Resource:
    """One resource that stands. `parents` are the names of what it goes with, as Managed has names."""

    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)
    parents: tuple[str, ...] = ()
    mark: Mark = Mark.NONE

    @property
    def names(self) -> frozenset[str]:
        """Return the names under which a state may know it."""
        arn = parsed(self.arn)
        return frozenset({arn.text, "/".join(terraform_name(arn))})


def standing(listed: Iterable[Resource], tagged: Iterable[Resource], complete: Collection[str]) -> tuple[Resource, ...]:
    """Return each resource once, with its tags, by ARN.

    `complete` are the kinds, spelled as in KINDS, of which `listed` has all: the tagging API still shows for a while
    what was deleted, so of these kinds it only adds the tags.
    """
    found = {it.arn: it for it in (replace(it, arn=parsed(it.arn).text) for it in listed)}
    for it in tagged:
        arn = parsed(it.arn)
        known = found.get(arn.text)
        if known is not None:
            found[arn.text] = replace(known, tags={**known.tags, **it.tags})
        elif arn.key not in complete:
            found[arn.text] = replace(it, arn=arn.text)
    return tuple(found[arn] for arn in sorted(found))


def unmanaged(environment: str, found: Iterable[Resource], managed: Managed) -> Iterator[Finding]:
    """Yield a finding for each resource that nobody answers for, by ARN.

    What goes with another resource that stands or is managed is that one's affair; so is a stack's resource.
    """
    everything = tuple(sorted(found, key=lambda it: it.arn))
    known = managed.ids.union(*(it.names for it in everything))
    for it in everything:
        goes_along = any(parent in known - it.names for parent in _parents(it))
        if not (goes_along or it.names & managed.ids or exempt(it.arn, it.mark)):
            yield _finding(environment, it)


def _finding(environment: str, it: Resource) -> Finding:
    arn = parsed(it.arn)
    type_, id_ = (printable(part) for part in terraform_name(arn))
    owner = it.tags.get("owner") or it.tags.get("Owner") or ""
    return Finding(
        environment,
        Source.UNMANAGED,
        printable(it.arn),
        type_,
        Verdict.UNMANAGED,
        ids=tuple(dict.fromkeys((id_, printable(it.arn)))),
        summary=_summary(it.tags),
        owner=printable(owner),
        ways=(_adopt(arn, type_, id_),) if type_ in _TYPES and importable(type_) else (),
    )


def _summary(tags: Mapping[str, str]) -> str:
    labels = [printable(tags[key]) for key in _LABELS if key in tags]
    if labels:
        return f"its tags say {'/'.join(labels)}, but no state knows it"
    return "no state and no stack of flowops knows it"


def _adopt(arn: Arn, type_: str, id_: str) -> Way:
    # Where an id says too little, this one is no provider's id: it is what an import wants.
    wanted = id_ if type_ in TO_FILL_IN else import_id(type_, id_)
    label = re.sub(r"\W+", "_", arn.name.rpartition("/")[2], flags=re.ASCII).strip("_") or "this"
    label = label if label[0].isalpha() else f"_{label}"
    block = f"import {{\n  to = {type_}.{label}\n  id = {quoted(wanted)}\n}}"
    return Way("adopt", block, "a .tf file beside the terragrunt.hcl of its new unit, with the resource it is to be")


_GOES_WITH_TAG: Mapping[str, str] = {
    "aws:autoscaling:groupName": "aws_autoscaling_group/{value}",
    "aws:cloudformation:stack-id": "{value}",
    "aws:eks:cluster-name": _CLUSTER,
    "aws:rds:primaryDBClusterArn": "{value}",
    "aws:rds:primaryDBInstanceArn": "{value}",
    "cluster.k8s.amazonaws.com/name": _CLUSTER,
    "eks:cluster-name": _CLUSTER,
    "elbv2.k8s.aws/cluster": _CLUSTER,
    "node.k8s.amazonaws.com/instance_id": "arn:{partition}:ec2:{region}:{account}:instance/{value}",
}
"""Tags by which AWS and the controllers of a cluster say whose a resource is."""

_OWNED_BY_CLUSTER = "kubernetes.io/cluster/"

_GOES_WITH_NAME: Mapping[str, tuple[tuple[str, str], ...]] = {
    "logs:log-group": (
        (r"/aws/eks/([^/]+)/.*", _CLUSTER),
        (r"/aws/containerinsights/([^/]+)/.*", _CLUSTER),
        (r"/aws/lambda/([^/]+)", "arn:{partition}:lambda:{region}:{account}:function:{value}"),
        (r"/aws/rds/instance/([^/]+)/.*", "arn:{partition}:rds:{region}:{account}:db:{value}"),
        (r"/aws/rds/cluster/([^/]+)/.*", "arn:{partition}:rds:{region}:{account}:cluster:{value}"),
    ),
}
"""Names that AWS gives to what it makes along with something else."""


def _parents(it: Resource) -> Iterator[str]:
    yield from it.parents
    arn = parsed(it.arn)
    for key, value in it.tags.items():
        if form := _GOES_WITH_TAG.get(key):
            yield arn.filled(form, value)
        elif key.startswith(_OWNED_BY_CLUSTER) and value == "owned":
            yield arn.filled(_CLUSTER, key.removeprefix(_OWNED_BY_CLUSTER))
    for pattern, form in _GOES_WITH_NAME.get(arn.key, ()):
        if found := re.fullmatch(pattern, arn.name):
            yield arn.filled(form, found[1])
