"""What moto lacks for terraform, one file for each AWS service; `lookups` makes all of them faster.

A module's `install` changes moto inside this process and is called once, before the first request.
No module here may have a name that starts with "moto": moto takes such a module for one of
its own services when it serialises an error.
"""

from __future__ import annotations

from flowops.rehearsal.compat import (
    backup,
    budgets,
    cloudtrail,
    codebuild,
    databases,
    ec2,
    ecr,
    efs,
    eks,
    elasticache,
    iam,
    lookups,
    opensearch,
    organizations,
    rds,
    route53,
    s3,
    servicequotas,
    ssm,
    stepfunctions,
    sts,
    tagging,
    unimplemented,
)
from flowops.rehearsal.recorder import Recorder
from flowops.rehearsal.settings import Settings

SERVICES = (
    unimplemented,
    backup,
    budgets,
    codebuild,
    databases,
    ec2,
    ecr,
    efs,
    elasticache,
    opensearch,
    rds,
    route53,
    s3,
    servicequotas,
    ssm,
    stepfunctions,
    tagging,
)

IDENTITY = (organizations, iam, sts)
INSTALLED = (*SERVICES, eks, cloudtrail, *IDENTITY, lookups)


def install(settings: Settings, recorder: Recorder) -> None:
    """Make moto an AWS that terraform can work with."""
    for service in SERVICES:
        service.install()
    eks.install(settings)
    cloudtrail.install(recorder)
    for part in IDENTITY:
        part.install(settings)
    lookups.install()
