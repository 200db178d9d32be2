"""One emulated AWS for all module tests, and an account in it that terraform administers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from flowops.adapters.environment import child_environment
from tests.integration.emulated_aws import DEV, REGION, Cloud, running
from tests.integration.modules.example import Example, example
from tests.integration.tools import Tools

BOUNDARY = "FlowableWorkloadBoundary"


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("aws")) as cloud:
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
        cloud.client("iam", DEV).create_policy(PolicyName=BOUNDARY, Path="/flowable/", PolicyDocument=document)
        yield cloud


@pytest.fixture(scope="session")
def terraform_environment(cloud: Cloud, tools: Tools) -> dict[str, str]:
    """Return the whole environment of terraform: an administrator of one account, and where providers are."""
    iam = cloud.client("iam", DEV)
    iam.create_user(UserName="terraform")
    iam.attach_user_policy(UserName="terraform", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="terraform")["AccessKey"]
    return child_environment(
        os.environ,
        AWS_ENDPOINT_URL=cloud.endpoint.url,
        AWS_REGION=REGION,
        AWS_ACCESS_KEY_ID=key["AccessKeyId"],
        AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"],
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        TF_CLI_CONFIG_FILE=tools.environment["TF_CLI_CONFIG_FILE"],
    )


@pytest.fixture
def aws(cloud: Cloud) -> Callable[[str], Any]:
    """Return clients of the account in which the examples stand."""
    return lambda service: cloud.client(service, DEV)


@pytest.fixture
def started(tmp_path: Path, tools: Tools, terraform_environment: dict[str, str]) -> Iterator[Callable[[str], Example]]:
    """Return a function that copies and initializes a module's example; what it applied is destroyed afterwards."""
    with ExitStack() as stack:

        def start(module: str) -> Example:
            return stack.enter_context(example(module, tmp_path, tools.terraform, terraform_environment))

        yield start
