"""Deletion protection in real plans of the real provider: found there, lifted in AWS, and the saved plan still holds.

The one that is really lifted is a load balancer's: terraform waits minutes for a database to come and to go.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.demolition import DemolitionAws
from flowops.adapters.environment import child_environment
from flowops.adapters.process import Completed, Processes
from flowops.model.changes import Action, Plan, plan_from_json
from flowops.model.obstacles import doomed
from flowops.model.protection import protections
from tests.fakes import tree
from tests.integration.organization import DEV, REGION, organization
from tests.integration.tools import Tools

UNIT = tree.unit("foundation/vpc")
PROVIDER = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  allowed_account_ids = ["222222222222"]
}
"""
BALANCER = """
resource "aws_vpc" "this" { cidr_block = "10.0.0.0/16" }

resource "aws_subnet" "this" {
  for_each = { a = "10.0.0.0/24", b = "10.0.1.0/24" }

  vpc_id            = aws_vpc.this.id
  cidr_block        = each.value
  availability_zone = "eu-central-1${each.key}"
}

resource "aws_lb" "this" {
  name                       = "protected"
  internal                   = true
  subnets                    = [for it in aws_subnet.this : it.id]
  enable_deletion_protection = true
}
"""
DATABASES = """
resource "aws_db_instance" "this" {
  identifier                = "work"
  engine                    = "postgres"
  instance_class            = "db.t4g.micro"
  allocated_storage         = 20
  username                  = "flowable"
  password                  = "only-for-this-test"
  deletion_protection       = true
  final_snapshot_identifier = "work-final"
}

resource "aws_rds_cluster" "this" {
  cluster_identifier        = "cluster"
  engine                    = "aurora-postgresql"
  master_username           = "flowable"
  master_password           = "only-for-this-test"
  deletion_protection       = true
  final_snapshot_identifier = "cluster-final"
}

resource "aws_s3_bucket" "this" { bucket = "flowable-logs" }
"""


@dataclass(frozen=True)
class Configured:
    """A folder of terraform, and the account that it works in."""

    session: AwsSession
    folder: Path
    terraform: Path
    env: dict[str, str]

    def call(self, *arguments: str) -> Completed:
        return Processes().run([str(self.terraform), *arguments], env=self.env, cwd=self.folder, timeout=300)

    def run(self, *arguments: str) -> str:
        done = self.call(*arguments)
        assert done.succeeded, done.stderr
        return done.stdout

    def protected(self, arn: str) -> str:
        found = self.session.call("elbv2", "DescribeLoadBalancerAttributes", LoadBalancerArn=arn)["Attributes"]
        return str({it["Key"]: it["Value"] for it in found}["deletion_protection.enabled"])

    def planned(self, *arguments: str) -> Plan:
        self.run("plan", *arguments, "-input=false", "-out=tfplan")
        return plan_from_json(UNIT, json.loads(self.run("show", "-json", "tfplan")))


@pytest.fixture
def configured(tmp_path: Path, tools: Tools) -> Iterator[Configured]:
    folder = tmp_path / "unit"
    folder.mkdir()
    (folder / "main.tf").write_text(PROVIDER)
    with organization(tmp_path / "home") as home:
        session = home.into(DEV)
        keys = session.credentials().get_frozen_credentials()
        env = child_environment(
            os.environ,
            AWS_ENDPOINT_URL=home.endpoint,
            AWS_REGION=REGION,
            AWS_ACCESS_KEY_ID=str(keys.access_key),
            AWS_SECRET_ACCESS_KEY=str(keys.secret_key),
            AWS_SESSION_TOKEN=str(keys.token),
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            AWS_EC2_METADATA_DISABLED="true",
            TF_CLI_CONFIG_FILE=tools.environment["TF_CLI_CONFIG_FILE"],
        )
        made = Configured(session, folder, tools.terraform, env)
        made.run("init", "-input=false")
        yield made


def test_a_saved_destroy_plan_still_holds_when_the_protection_that_it_names_was_lifted(
    configured: Configured,
) -> None:
    (configured.folder / "balancer.tf").write_text(BALANCER)
    configured.run("apply", "-auto-approve", "-input=false")
    plan = configured.planned("-destroy")
    assert plan.accounts == (DEV,)
    (protection,) = protections([plan])
    assert protection.address == "foundation/vpc//aws_lb.this"
    ((_, network),) = doomed([plan]).networks
    assert configured.session.call("ec2", "DescribeVpcs", VpcIds=[network])["Vpcs"]
    assert configured.protected(protection.name) == "true"
    aws = DemolitionAws("flowable", reader=lambda _: configured.session, writer=lambda _: configured.session)
    aws.lift(tree.environment("dev"), protection)
    assert configured.protected(protection.name) == "false"
    configured.run("apply", "-input=false", "tfplan")
    assert configured.session.call("elbv2", "DescribeLoadBalancers")["LoadBalancers"] == []


def test_the_provider_calls_everything_as_the_guard_expects_it(configured: Configured) -> None:
    (configured.folder / "databases.tf").write_text(DATABASES)
    created = configured.planned()
    gone = [replace(it, action=Action.DELETE, before=it.after) for it in created.changes]
    plan = replace(created, changes=tuple(gone))
    assert {it.type: it.name for it in protections([plan])} == {"aws_db_instance": "work", "aws_rds_cluster": "cluster"}
    wanted = doomed([plan])
    assert [name for _, name in wanted.buckets] == ["flowable-logs"]
    assert [name for _, name in wanted.snapshots] == ["work-final"]
    assert [name for _, name in wanted.cluster_snapshots] == ["cluster-final"]
