"""moto's server in this process with our CloudFormation engine, and accounts that know nothing of each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from flowops.rehearsal import cloudformation

REGION = "eu-central-1"
PATIENCE = 120.0
IAM = ["CAPABILITY_NAMED_IAM"]
_ids = itertools.count(900000000001)


@contextmanager
def served() -> Iterator[str]:
    """Serve an emulated AWS with an engine of its own until the block ends, and give its URL."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    cloudformation.install(f"http://{host}:{port}")
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@dataclass(frozen=True)
class Account:
    """An account of the emulated AWS, as its administrator sees it."""

    endpoint: str
    id: str

    @classmethod
    def new(cls, endpoint: str) -> Account:
        """Return an account that nobody used before."""
        return cls(endpoint, str(next(_ids)))

    def client(self, service: str) -> Any:
        """Return a boto3 client."""
        client: Any = boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

        def act_here(request: Any, **_: Any) -> None:
            request.headers["x-moto-account-id"] = self.id

        client.meta.events.register("before-send.*", act_here)
        return client

    def create(self, name: str, body: str, **given: Any) -> str:
        """Create a stack, wait for the end, and return its status."""
        self.client("cloudformation").create_stack(StackName=name, TemplateBody=body, Capabilities=IAM, **given)
        return self.settled(name)

    def update(self, name: str, body: str, **given: Any) -> str:
        """Update a stack, wait for the end, and return its status."""
        self.client("cloudformation").update_stack(StackName=name, TemplateBody=body, Capabilities=IAM, **given)
        return self.settled(name)

    def delete(self, name: str) -> str:
        """Delete a stack, wait for the end, and return its status."""
        arn = self.stack(name)["StackId"]
        self.client("cloudformation").delete_stack(StackName=name)
        return self.settled(arn)

    def settled(self, name: str) -> str:
        """Wait until nothing goes on and return the status of a stack."""
        assert cloudformation.settle(PATIENCE), "a worker did not end"
        return str(self.stack(name)["StackStatus"])

    def stack(self, name: str) -> Any:
        """Return a stack's description."""
        return self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]

    def outputs(self, name: str) -> dict[str, str]:
        """Return a stack's outputs."""
        return {output["OutputKey"]: output["OutputValue"] for output in self.stack(name).get("Outputs", [])}

    def events(self, name: str) -> list[Any]:
        """Return a stack's events, the oldest first."""
        found: list[Any] = self.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
        return found[::-1]

    def failures(self, name: str) -> dict[str, str]:
        """Return the reason of each resource that failed."""
        failed = [event for event in self.events(name) if event["ResourceStatus"].endswith("_FAILED")]
        return {event["LogicalResourceId"]: event.get("ResourceStatusReason", "") for event in failed}

    def drifts(self, name: str) -> dict[str, Any]:
        """Detect drift and return what differs, by logical id."""
        client = self.client("cloudformation")
        client.detect_stack_drift(StackName=name)
        assert cloudformation.settle(PATIENCE), "a worker did not end"
        found = client.describe_stack_resource_drifts(StackName=name)["StackResourceDrifts"]
        return {each["LogicalResourceId"]: each for each in found if each["StackResourceDriftStatus"] != "IN_SYNC"}
