"""A change report in which everything stands that a report can hold, in the worst spelling."""

from __future__ import annotations

from datetime import UTC, datetime

from flowops.errors import Exit
from flowops.model.attributes import AttributeChange
from flowops.model.changes import Action
from flowops.model.report import Report, ResourceReport, RunReport, UnitReport

HOSTILE = "<script>document.title='run'</script>"
MARKDOWN = "a|b `c` [x](http://evil) @team ![i](http://evil/i) *b* </code></details>\n# heading"


def report() -> Report:
    vpc = UnitReport(
        "dev/foundation/vpc",
        "applied",
        seconds=61.25,
        planned=True,
        changed_outputs=("vpc_id",),
        resources=(
            ResourceReport(
                f'foundation/vpc//aws_vpc.this["{HOSTILE}"]',
                "aws_vpc",
                Action.UPDATE,
                attributes=(
                    AttributeChange("tags.Name", "old", MARKDOWN),
                    AttributeChange("secret", sensitive=True),
                    AttributeChange("arn", "arn:old", None, unknown=True),
                    AttributeChange("empty", "", None),
                ),
                more=3,
            ),
            ResourceReport("foundation/vpc//aws_subnet.a", "aws_subnet", Action.CREATE),
        ),
    )
    eks = UnitReport(
        "dev/foundation/eks",
        "failed",
        f"it said {HOSTILE} {MARKDOWN}",
        touched=True,
        planned=True,
        provisional_because="output vpc_id of dev/foundation/vpc will change",
        resources=(
            ResourceReport(
                "foundation/eks//aws_eks_cluster.this",
                "aws_eks_cluster",
                Action.REPLACE,
                "replace_because_tainted",
                stateful=True,
            ),
        ),
    )
    efs = UnitReport("dev/foundation/efs", "failed", "it could not be planned")
    run = RunReport(
        "20261128T152148Z-apply-dev",
        "apply",
        "dev foundation",
        datetime(2026, 11, 28, 15, 21, 48, tzinfo=UTC),
        75.5,
        Exit.PARTLY_DONE,
        (efs, eks, vpc),
        notes=(f"left behind: {HOSTILE}",),
        warnings=("house rule",),
    )
    refused = RunReport(
        "", "apply", "prod", run.started, 1.0, Exit.REFUSED, error=f"Refused: {HOSTILE}\nNothing was changed."
    )
    return Report((run, refused))
