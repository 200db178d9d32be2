"""SSM: the public parameters that name the AMIs of EKS."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from moto.core.utils import utcnow
from moto.ssm.models import Parameter, ParameterDict

from flowops.rehearsal.compat.patching import Function, around
from flowops.rehearsal.compat.versions import DEFAULT_KUBERNETES_VERSION, node_release

# https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html
PUBLIC = re.compile(
    r"/aws/service/(?:eks/optimized-ami|bottlerocket)/(?P<image>.+)/"
    r"(?P<fact>image_id|release_version|image_name|image_version)"
)
KUBERNETES_VERSION = re.compile(r"1\.\d+")


def install() -> None:
    """Answer for every EKS and Bottlerocket AMI; moto has only those of ECS and Amazon Linux."""
    around(ParameterDict, "_check_loading_status", _load_eks_images)


def _load_eks_images(original: Function, self: Any, name: Any) -> None:
    original(self, name)
    asked = PUBLIC.fullmatch(str(name or ""))
    if asked is None or dict.__contains__(self, name):
        return
    value = _fact(asked["fact"], asked["image"], self.region_name)
    parameter = Parameter(
        account_id=self.account_id,
        name=name,
        value=value,
        parameter_type="String",
        description=None,
        allowed_pattern=None,
        keyid=None,
        last_modified_date=utcnow(),
        version=1,
        data_type="text",
    )
    dict.__setitem__(self, name, [parameter])


def _fact(fact: str, image: str, region: str) -> str:
    found = KUBERNETES_VERSION.search(image)
    kubernetes = found.group() if found else DEFAULT_KUBERNETES_VERSION
    match fact:
        case "image_id":
            return f"ami-{hashlib.sha256(f'{region}/{image}'.encode()).hexdigest()[:17]}"
        case "image_name":
            return f"amazon-eks-node-{image.replace('/', '-')}"
        case "image_version":
            return "1.32.0"
        case _:
            return node_release(kubernetes)
