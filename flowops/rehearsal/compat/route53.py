"""Route 53: private zones."""

from __future__ import annotations

from typing import Any

from moto.route53.responses import Route53

from flowops.rehearsal.compat.patching import Function, around


def install() -> None:
    """Make a zone that is created with a VPC private, as AWS does.

    moto asks for a flag besides, which terraform does not send; every plan would add the VPC again.
    """
    around(Route53, "_get_bool_param", _private_with_a_vpc)


def _private_with_a_vpc(original: Function, self: Any, name: str, if_none: Any = None) -> Any:
    if name == "HostedZoneConfig.PrivateZone" and self._get_param("VPC.VPCId"):
        return True
    return original(self, name, if_none)
