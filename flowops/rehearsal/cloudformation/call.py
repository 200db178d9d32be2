"""A request to CloudFormation, without the protocol it came in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flowops.rehearsal.cloudformation.checks import check
from flowops.rehearsal.cloudformation.engine import Engine
from flowops.rehearsal.cloudformation.errors import Rejected, TokenReused
from flowops.rehearsal.cloudformation.parameters import values
from flowops.rehearsal.cloudformation.stack import Revision, Scope, Stack
from flowops.rehearsal.cloudformation.template import Template, parse

LONGEST_BODY = 51_200
Answer = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """Who asks for what: `given` holds the typed parameters of the API, `fetch` reads a TemplateURL."""

    scope: Scope
    given: Mapping[str, Any]
    fetch: Callable[[str], str]

    def text(self, name: str) -> str:
        """Return a parameter, empty where it is not given."""
        value = self.given.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """Whether a boolean parameter is given and true."""
        return bool(self.given.get(name))

    def items(self, name: str) -> list[Any]:
        """Return a list parameter."""
        return list(self.given.get(name) or ())


Action = Callable[[Engine, Call], "Answer | None"]


def stack_of(engine: Engine, call: Call, refusal: str = "Stack with id {name} does not exist") -> Stack:
    """Return the stack that a call names."""
    return engine.get(call.scope, call.text("StackName"), refusal)


def template_of(engine: Engine, call: Call, stack: Stack | None = None) -> Template:
    """Return the checked template of a call, which may be the one that the stack has."""
    body = _body(call, stack)
    template = parse(body)
    check(template, engine.types)
    return template


def _body(call: Call, stack: Stack | None) -> str:
    if call.flag("UsePreviousTemplate"):
        if stack is None or stack.revision is None:
            raise Rejected("There is no previous template to use.")
        return stack.revision.template.body
    if call.text("TemplateURL"):
        return call.fetch(call.text("TemplateURL"))
    body = call.text("TemplateBody")
    if not body:
        raise Rejected("Either Template URL or Template Body must be specified.")
    if len(body.encode()) > LONGEST_BODY:
        raise Rejected(
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
            f"Member must have length less than or equal to {LONGEST_BODY}"
        )
    return body


def revision_of(engine: Engine, call: Call, stack: Stack | None = None) -> Revision:
    """Return what a call wants a stack to be; tags that are not given stay."""
    template = template_of(engine, call, stack)
    previous = stack.revision if stack else None
    tags = tuple((tag["Key"], tag["Value"]) for tag in call.items("Tags"))
    return Revision(
        template=template,
        parameters=values(template.parameters, call.items("Parameters"), previous.parameters if previous else {}),
        tags=tags if tags or previous is None else previous.tags,
        capabilities=tuple(call.items("Capabilities")),
    )


def is_repeated(stack: Stack, call: Call, operation: str) -> bool:
    """Whether the call's token has started the same operation before; TokenReused where it started another."""
    token = call.text("ClientRequestToken")
    if token not in stack.tokens:
        return False
    if stack.tokens[token] != operation:
        raise TokenReused(f"A client request token {token} already exists for another operation.")
    return True


def remember(engine: Engine, stack: Stack, call: Call, operation: str) -> str:
    """Note which operation a call's token starts, and return the token."""
    token = call.text("ClientRequestToken")
    if token:
        engine.change(stack, tokens={**stack.tokens, token: operation})
    return token
