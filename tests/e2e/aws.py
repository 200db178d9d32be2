"""A standing rehearsal, looked at from outside flowops: boto3 on its endpoint, with its own administrator."""

from __future__ import annotations

import configparser
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.e2e.command import Flowops

SECURITY, DEV, PROD = "111111111111", "222222222222", "333333333333"
REGION = "eu-central-1"
BUCKET = f"flowable-terraform-state-{SECURITY}"


@dataclass(frozen=True)
class Rehearsed:
    """One rehearsal: where it answers, and its folder."""

    endpoint: str
    root: Path

    @classmethod
    def of(cls, flowops: Flowops) -> Rehearsed:
        facts = flowops("rehearse", "status", "-o", "json").envelope["data"]
        return cls(facts["endpoint"], Path(facts["scratch_copy"]).parent)

    def in_dev(self, service: str) -> Any:
        return self._client(service, DEV)

    def in_prod(self, service: str) -> Any:
        return self._client(service, PROD)

    def in_security(self, service: str) -> Any:
        return self._client(service, SECURITY)

    def _client(self, service: str, account: str) -> Any:
        administrator = self._keys("flw-iac")
        sts = boto3.client("sts", endpoint_url=self.endpoint, region_name=REGION, **administrator)
        role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
        given = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    @property
    def _credentials(self) -> Path:
        return self.root / "aws" / "credentials"

    def _keys(self, profile: str) -> dict[str, str]:
        parser = configparser.RawConfigParser()
        parser.read(self._credentials)
        return dict(parser[profile])

    def states(self) -> Mapping[str, str]:
        """Return the text of every state object by key."""
        s3 = self.in_security("s3")
        keys = [key for key in self.objects() if key.endswith(".tfstate")]
        return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in keys}

    def objects(self) -> list[str]:
        """Return every key in the state bucket."""
        listed = self.in_security("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"{DEV}/").get("Contents", [])
        return [it["Key"] for it in listed]

    @contextmanager
    def locked(self, unit: str, info: Mapping[str, str]) -> Iterator[None]:
        """Let somebody hold terraform's lock on a unit of dev for a while."""
        key = f"{DEV}/aws/non-prod/eu-central-1/dev/{unit}/terraform.tfstate.tflock"
        s3 = self.in_security("s3")
        s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(info).encode())
        try:
            yield
        finally:
            s3.delete_object(Bucket=BUCKET, Key=key)

    def calls(self) -> list[dict[str, Any]]:
        """Return every recorded call, oldest first."""
        return [json.loads(line) for line in (self.root / "emulator" / "calls.jsonl").read_text().splitlines()]

    @contextmanager
    def operator_of_another_account(self) -> Iterator[None]:
        """Let the operator's profile hold the keys of a user of the dev account for a while."""
        iam = self.in_dev("iam")
        iam.create_user(UserName="stray")
        key = iam.create_access_key(UserName="stray")["AccessKey"]
        before = self._credentials.read_text()
        own = self._keys("flowable-devops-admin")["aws_access_key_id"]
        secret = self._keys("flowable-devops-admin")["aws_secret_access_key"]
        swapped = before.replace(own, key["AccessKeyId"]).replace(secret, key["SecretAccessKey"])
        self._credentials.write_text(swapped)
        try:
            yield
        finally:
            self._credentials.write_text(before)
