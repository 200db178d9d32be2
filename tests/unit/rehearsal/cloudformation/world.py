"""An engine over services that exist in memory only: they refuse what they are told to, and wait when asked to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from botocore.exceptions import ClientError

from flowops.rehearsal.cloudformation.actions import ACTIONS
from flowops.rehearsal.cloudformation.call import Call
from flowops.rehearsal.cloudformation.engine import Engine
from flowops.rehearsal.cloudformation.resources.base import Aws, Properties, ResourceType
from flowops.rehearsal.cloudformation.shapes import DOCUMENT, FLAG, NUMBER, TAGS, TEXT, TEXTS, form
from flowops.rehearsal.cloudformation.stack import Scope

PATIENCE = 60.0
SCOPE = Scope("111111111111", "eu-central-1")
THING, ROLE = "Test::World::Thing", "Test::World::Role"


def refused(code: str = "Refused", message: str = "the world says no") -> ClientError:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(answer, "DoThing")


@dataclass
class Held:
    """A door in front of a call: `reached` once the call waits there, until somebody opens it."""

    reached: Event = field(default_factory=Event)
    opened: Event = field(default_factory=Event)


class World:
    """What exists, by physical id; `refusals` and `held` are keyed by verb and name, such as `create A`."""

    def __init__(self, scope: Scope = SCOPE) -> None:
        self.region, self.account = scope.region, scope.account
        self.things: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.refusals: set[str] = set()
        self.held: dict[str, Held] = {}
        self._made = 0

    def __call__(self, service: str) -> Any:
        return self

    def hold(self, what: str) -> Held:
        self.held[what] = Held()
        return self.held[what]

    def next_id(self, name: str) -> str:
        self._made += 1
        return f"{name}#{self._made}"

    def does(self, verb: str, name: str) -> None:
        call = f"{verb} {name}"
        self.calls.append(call)
        if call in self.held:
            self.held[call].reached.set()
            assert self.held[call].opened.wait(PATIENCE), f"nobody opened the door of {call}"
        if call in self.refusals:
            raise refused(message=f"the world refuses to {call}")


class Thing(ResourceType):
    """Has a name, a value that can change, and a kind that cannot."""

    type = THING
    fields = form(
        Kind=TEXT,
        Name=TEXT,
        Value=TEXT,
        Values=TEXTS,
        Size=NUMBER,
        Big=FLAG,
        Rules=DOCUMENT,
        Inner=form(Deep=TEXT),
        Tags=TAGS,
    )
    replaced_by = frozenset({"Kind"})
    name_property = "Name"
    attribute_names = ("Arn", "Value")
    missing_codes = frozenset({"Missing"})

    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        world = aws("world")
        label = properties.get("Name", name.split("-")[-2])
        world.does("create", label)
        physical_id: str = world.next_id(label)
        world.things[physical_id] = {}
        return physical_id

    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        world = aws("world")
        world.does("configure" if fresh else "update", physical_id.split("#")[0])
        world.things[physical_id] = dict(new)

    def attributes(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        return {"Arn": f"arn:{physical_id}", "Value": properties.get("Value", "")}

    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        world = aws("world")
        world.does("delete", physical_id.split("#")[0])
        if physical_id not in world.things:
            raise refused("Missing")
        del world.things[physical_id]

    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        world = aws("world")
        world.does("read", physical_id.split("#")[0])
        if physical_id not in world.things:
            raise refused("Missing")
        live: dict[str, Any] = world.things[physical_id]
        return live


class Role(Thing):
    """A thing that needs a capability."""

    type = ROLE
    needs_capability = True


TYPES: Mapping[str, ResourceType] = {THING: Thing(), ROLE: Role()}


class Cloud:
    """CloudFormation as a client sees it, with everything in memory."""

    def __init__(self, scope: Scope = SCOPE, engine: Engine | None = None, world: World | None = None) -> None:
        self.scope = scope
        self.world = world or World(scope)
        self.engine = engine or Engine(lambda _: self.world, types=TYPES)

    def ask(self, action: str, **given: Any) -> Any:
        call = Call(self.scope, given, fetch=lambda url: json.dumps({"fetched": url}))
        with self.engine.lock:
            return ACTIONS[action](self.engine, call)

    def settle(self) -> None:
        assert self.engine.settle(PATIENCE), "a worker did not end"

    def create(self, name: str, body: Mapping[str, Any] | str, **given: Any) -> str:
        """Create a stack, wait, and return its status."""
        self.ask("create_stack", StackName=name, TemplateBody=text(body), **given)
        self.settle()
        return self.status(name)

    def update(self, name: str, body: Mapping[str, Any] | str, **given: Any) -> str:
        self.ask("update_stack", StackName=name, TemplateBody=text(body), **given)
        self.settle()
        return self.status(name)

    def delete(self, name: str, **given: Any) -> None:
        self.ask("delete_stack", StackName=name, **given)
        self.settle()

    def change_set(self, stack: str, name: str, body: Mapping[str, Any] | str, **given: Any) -> Any:
        """Create a change set, wait, and return its description."""
        self.ask("create_change_set", StackName=stack, ChangeSetName=name, TemplateBody=text(body), **given)
        self.settle()
        return self.ask("describe_change_set", StackName=stack, ChangeSetName=name)

    def stack(self, name: str) -> Any:
        return self.ask("describe_stacks", StackName=name)["Stacks"][0]

    def status(self, name: str) -> str:
        return str(self.stack(name)["StackStatus"])

    def outputs(self, name: str) -> dict[str, str]:
        return {output["OutputKey"]: output["OutputValue"] for output in self.stack(name)["Outputs"]}

    def events(self, name: str) -> list[tuple[str, str]]:
        """Return (logical id, status), the oldest first."""
        found = self.ask("describe_stack_events", StackName=name)["StackEvents"]
        return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(found)]

    def reason(self, name: str, logical_id: str, status: str) -> str:
        for event in self.ask("describe_stack_events", StackName=name)["StackEvents"]:
            if (event["LogicalResourceId"], event["ResourceStatus"]) == (logical_id, status):
                return str(event.get("ResourceStatusReason", ""))
        raise AssertionError(f"{logical_id} never was {status}")

    def resources(self, name: str) -> dict[str, str]:
        rows = self.ask("describe_stack_resources", StackName=name)["StackResources"]
        return {row["LogicalResourceId"]: row["ResourceStatus"] for row in rows}

    def physical_id(self, name: str, logical_id: str) -> str:
        found = self.ask("describe_stack_resource", StackName=name, LogicalResourceId=logical_id)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])


def text(body: Mapping[str, Any] | str) -> str:
    return body if isinstance(body, str) else json.dumps(body)


def template(
    *, parameters: Any = None, outputs: Any = None, conditions: Any = None, **resources: Any
) -> dict[str, Any]:
    """Return a template whose resources are things; a resource given as plain properties is completed."""
    made = {name: node if "Type" in node else {"Type": THING, "Properties": node} for name, node in resources.items()}
    sections = {"Parameters": parameters, "Outputs": outputs, "Conditions": conditions, "Resources": made}
    return {name: section for name, section in sections.items() if section}


def thing(properties: Mapping[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    return {"Type": THING, "Properties": dict(properties or {}), **attributes}


Make = Callable[..., dict[str, Any]]
