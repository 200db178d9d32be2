"""Drift results: one in which everything stands that a result can hold, in the worst spelling, and small ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from flowops.errors import Exit
from flowops.model.attributes import AttributeChange, AttributeChanges
from flowops.model.drift.finding import Finding, Ignored, Source, Trace, Verdict, Way
from flowops.model.drift.result import Checked, DriftResult, EnvironmentDrift, RuleTrouble, Shard, Status
from tests.fakes.reports import HOSTILE, MARKDOWN

STARTED = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
VPC, EKS, EFS, RDS = (f"dev/foundation/{it}" for it in ("vpc", "eks", "efs", "rds"))


def moved(path: str, before: str | None, after: str | None) -> AttributeChanges:
    return AttributeChanges((AttributeChange(path, before, after),))


def finding(
    address: str = "foundation/vpc//aws_vpc.this",
    verdict: Verdict = Verdict.OUT_OF_BAND,
    environment: str = "dev",
    **more: object,
) -> Finding:
    """Return a finding of terraform's in the unit that its address names."""
    unit = f"{environment}/{address.partition('//')[0]}"
    given = {"source": Source.TERRAFORM, "type": "aws_vpc", "unit": unit, **more}
    return Finding(environment=environment, address=address, verdict=verdict, **given)  # type: ignore[arg-type]


def environment(
    name: str = "dev", findings: Iterable[Finding] = (), checked: Iterable[str] = (), **more: object
) -> EnvironmentDrift:
    """Return an environment in which the units of the findings, and others that are clean, were checked."""
    drifted = {it.unit or it.source.value for it in findings if it.counts}
    names = {it.unit or it.source.value for it in findings} | set(checked)
    stand = (Checked(it, Status.DRIFTED if it in drifted else Status.CLEAN, "", 1.5) for it in sorted(names))
    return EnvironmentDrift(name, tuple(stand), tuple(findings), **more)  # type: ignore[arg-type]


def result(
    *environments: EnvironmentDrift,
    name: str = "20261128T030000Z-drift",
    project: str = "flowable",
    started: datetime = STARTED,
    seconds: float = 12.5,
    rules: tuple[RuleTrouble, ...] = (),
    shards: tuple[Shard, ...] = (),
) -> DriftResult:
    return DriftResult(name, project, started, seconds, environments, rules, shards, "0.1")


def everything() -> DriftResult:
    """Return a result with every verdict, source and status; names of what it holds are what nobody would choose."""
    out_of_band = finding(
        f'foundation/vpc//aws_vpc.this["{HOSTILE}"]',
        ids=("vpc-0a1b2c3d", "arn:aws:ec2:eu-central-1:222222222222:vpc/vpc-0a1b2c3d"),
        cloud=AttributeChanges(
            (
                AttributeChange("tags.Name", "old", MARKDOWN),
                AttributeChange("secret", sensitive=True),
                AttributeChange("empty", "", None),
            ),
            3,
        ),
        owner="network team",
        traces=(
            Trace(
                "arn:aws:iam::222222222222:user/ann",
                datetime(2026, 11, 27, 16, 42, tzinfo=UTC),
                "ModifyVpcAttribute",
                "203.0.113.7",
            ),
        ),
        ways=(
            Way("accept", "flowops apply dev foundation vpc"),
            Way("adopt", 'tags = { Name = "new" }', "deployments/aws/non-prod/dev/foundation/vpc/terragrunt.hcl"),
            Way("ignore", "ignore:\n  - address: foundation/vpc//aws_vpc.this\n    owner: \x00", "flowops.drift.yaml"),
        ),
    )
    dev = EnvironmentDrift(
        "dev",
        (
            Checked(EFS, Status.FAILED, f"it said {HOSTILE} {MARKDOWN} \x1b[31m\x00", 2.25),
            Checked(EKS, Status.DRIFTED, "", 8.5),
            Checked(RDS, Status.CLEAN, "", 3.0),
            Checked(VPC, Status.DRIFTED, "", 4.125),
            Checked("cloudformation", Status.DRIFTED, "", 1.0),
            Checked("iam", Status.BUSY, "somebody is at it"),
        ),
        (
            out_of_band,
            finding("foundation/vpc//aws_subnet.a", Verdict.MISSING, type="aws_subnet", untraced="nothing was found"),
            finding(
                "foundation/eks//aws_eks_cluster.this",
                Verdict.BOTH,
                type="aws_eks_cluster",
                cloud=moved("version", "1.33", "1.32"),
                code=moved("version", "1.32", "1.34"),
            ),
            finding("foundation/eks//aws_eks_addon.dns", Verdict.UNAPPLIED, code=moved("addon_version", "v1", "v2")),
            finding("foundation/vpc//aws_eip.nat", Verdict.NOISE, cloud=moved("tags", "{}", None)),
            finding(
                "foundation/rds//aws_db_instance.this",
                ignored=Ignored("resized for \u202ethe fair", "ann", date(2027, 1, 31), "flowops.drift.yaml:7"),
                cloud=moved("instance_class", "db.m5.large", "db.m5.xlarge"),
            ),
            finding(
                "dev/flowable-environment",
                Verdict.OUT_OF_BAND,
                source=Source.CLOUDFORMATION,
                unit="",
                summary="changed",
            ),
            finding(
                "arn:aws:s3:::left-over", Verdict.UNMANAGED, source=Source.UNMANAGED, unit="", type="s3", owner="ops"
            ),
        ),
        notes=(f"left behind: {HOSTILE}",),
        run="20261128T030001Z-drift-dev",
    )
    prod = EnvironmentDrift("prod", reason="prod is busy: apply by bob", code=Exit.LOCKED, busy=True)
    clean = EnvironmentDrift("stage", (Checked("stage/foundation/vpc", Status.CLEAN, "", 1.0),))
    rule = RuleTrouble("flowops.drift.yaml:12", "app/*//aws_db_instance.*", "ann", "expired on 2026-11-01")
    return result(dev, prod, clean, rules=(rule,))


def typical() -> DriftResult:
    """Return a result as a morning brings it."""
    nodes = finding(
        "foundation/eks//aws_eks_node_group.this",
        type="aws_eks_node_group",
        ids=("flowable-dev:workers",),
        cloud=moved("scaling_config[0].desired_size", "2", "4"),
        owner="platform",
        traces=(
            Trace(
                "arn:aws:sts::222222222222:assumed-role/Admin/ann",
                datetime(2026, 11, 27, 22, 14, tzinfo=UTC),
                "UpdateNodegroupConfig",
                "203.0.113.7",
            ),
        ),
        ways=(
            Way("accept", "flowops apply dev foundation eks"),
            Way(
                "adopt",
                "inputs = {\n  node_desired_size = 4\n}",
                "deployments/aws/non-prod/eu-central-1/dev/foundation/eks/terragrunt.hcl",
            ),
        ),
    )
    rule = finding(
        'foundation/vpc//aws_security_group_rule.nodes["ssh"]',
        type="aws_security_group_rule",
        cloud=moved("cidr_blocks", '["10.0.0.0/8"]', '["0.0.0.0/0"]'),
        owner="network",
    )
    mount = finding(
        "foundation/efs//aws_efs_mount_target.c", Verdict.MISSING, summary="gone from AWS", owner="platform"
    )
    database = finding(
        "app/rds-postgres//aws_db_instance.this",
        Verdict.UNAPPLIED,
        "prod",
        code=moved("instance_class", "db.m6g.large", "db.m6g.xlarge"),
        owner="data",
    )
    tags = finding("foundation/vpc//aws_vpc.this", Verdict.NOISE, cloud=moved("tags.Note", None, '""'))
    dev = environment("dev", [nodes, rule, mount, tags], [RDS, "dev/app/opensearch", "cloudformation", "rendered"])
    prod = environment("prod", [database], ["prod/foundation/vpc", "prod/foundation/eks", "cloudformation"])
    return result(dev, prod, seconds=48.2)
