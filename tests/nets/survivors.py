"""The weakenings that no net catches, and why. A weakening that is caught one day leaves this list."""

from __future__ import annotations

from collections.abc import Mapping

UNKNOWN = "no reason known"

TEMPLATE_SURVIVORS: Mapping[str, str] = {
    "deploy role: stops the audit trail": "FlowableBoundary names CloudTrail's look-up alone: the grant has no effect",
    "user role: reads start scripts of instances": (
        "reading verbs are allowed to readers as a class; no probe asks for this one"
    ),
    "workload boundary: messages of other applications": (
        "the rules name what a workload must not reach; a further service of the own account is none of it"
    ),
}

MODULE_SURVIVORS: Mapping[str, str] = {}
