"""The engine behind moto's CloudFormation endpoint: moto speaks the protocol, the engine answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.cloudformation.exceptions import CloudFormationError
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import get_stack_from_s3_url
from moto.core.responses import ActionResult, EmptyResult

from flowops.rehearsal.cloudformation.actions import ACTIONS
from flowops.rehearsal.cloudformation.call import Action, Call
from flowops.rehearsal.cloudformation.engine import Engine
from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.stack import Scope

PARTITION = "aws"


def answer_with(engine: Engine) -> None:
    """Replace moto's methods for stacks and change sets; those for stack sets stay."""
    for name, action in ACTIONS.items():
        setattr(CloudFormationResponse, name, _method(engine, name, action))
    # moto reshapes the answers of its own engine by these; ours have the shape of the API already.
    transformers = CloudFormationResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER
    CloudFormationResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER = {
        path: transformer for path, transformer in transformers.items() if "StackSet" in path
    }


def _method(engine: Engine, name: str, action: Action) -> Callable[[Any], Any]:
    def method(response: Any) -> Any:
        try:
            with engine.lock:
                answer = action(engine, _call(response))
        except Rejected as refusal:
            raise CloudFormationError(refusal.code, str(refusal)) from refusal
        return EmptyResult() if answer is None else ActionResult(answer)

    method.__name__ = name
    return method


def _call(response: Any) -> Call:
    account = response.current_account
    return Call(
        scope=Scope(account, response.region),
        given=response.params,
        fetch=lambda url: str(get_stack_from_s3_url(url, account_id=account, partition=PARTITION)),
    )
