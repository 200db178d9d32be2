"""Service Quotas: the values that AWS gives a new account, and increases that are granted when they are asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import Function, add_actions, around, state_of

DEFAULTS: Mapping[tuple[str, str], tuple[str, float]] = {
    ("ec2", "L-0263D0A3"): ("EC2-VPC Elastic IPs", 5.0),
    ("eks", "L-1194D53C"): ("Clusters", 100.0),
}
"""What moto does not know beside the quotas of VPC.

https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html,
https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
"""


def install() -> None:
    """Answer for EKS and EC2, too, and take requests for more: moto knows the quotas of VPC alone, and no request."""
    around(ServiceQuotasBackend, "get_service_quota", _get_service_quota)
    add_actions(ServiceQuotasResponse, request_service_quota_increase)


def _get_service_quota(original: Function, self: Any, service_code: str, quota_code: str) -> dict[str, Any]:
    raised = state_of(self, "quotas").get(f"{service_code}/{quota_code}")
    known = DEFAULTS.get((service_code, quota_code))
    if known is None:
        found: dict[str, Any] = dict(original(self, service_code, quota_code))
    else:
        name, value = known
        found = _quota(self, service_code, quota_code, name, value)
    return found | ({"Value": raised} if raised is not None else {})


def _quota(backend: Any, service: str, code: str, name: str, value: float) -> dict[str, Any]:
    return {
        "ServiceCode": service,
        "QuotaArn": f"arn:aws:servicequotas:{backend.region_name}:{backend.account_id}:{service}/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": value,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }


def request_service_quota_increase(self: Any) -> str:
    """Answer that the request is pending, as AWS does, and grant it: here nobody looks at it for a day."""
    wish = json.loads(self.body)
    service, code, desired = wish["ServiceCode"], wish["QuotaCode"], float(wish["DesiredValue"])
    standing = self.backend.get_service_quota(service_code=service, quota_code=code)
    if desired <= standing["Value"]:
        raise AwsError("IllegalArgumentException", "The desired value must be greater than the quota's current value.")
    state_of(self.backend, "quotas")[f"{service}/{code}"] = desired
    made = {key: standing[key] for key in ("ServiceCode", "QuotaCode", "QuotaName", "QuotaArn", "GlobalQuota", "Unit")}
    created = datetime.now(UTC).timestamp()
    return json.dumps(
        {
            "RequestedQuota": {
                **made,
                "Id": uuid4().hex,
                "DesiredValue": desired,
                "Status": "PENDING",
                "Created": created,
            }
        }
    )
