"""What puts back what was changed past a stack: CloudFormation's own change set for that. Pure.

An ordinary one compares templates only, so it has nothing to say about such a change: AWS CloudFormation User Guide,
"Using drift-aware change sets".
"""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from flowops.model.drift.finding import Way

_NAME = "flowops-put-back"


def putting_back(stack: str, parameters: Sequence[str], region: str, profile: str) -> Way:
    """Return the commands that bring everything in a stack to what its template says, with a look at it in between."""
    where = f"--stack-name {stack} --change-set-name {_NAME} --region {region} --profile {quote(profile)}"
    values = "".join(f" ParameterKey={it},UsePreviousValue=true" for it in parameters)
    create = (
        f"aws cloudformation create-change-set {where} --deployment-mode REVERT_DRIFT --use-previous-template"
        f" --capabilities CAPABILITY_NAMED_IAM{f' --parameters{values}' if values else ''}"
    )
    commands = (
        create,
        f"aws cloudformation wait change-set-create-complete {where}",
        f"aws cloudformation describe-change-set {where}  # all that is put back: read it before the last line",
        f"aws cloudformation execute-change-set {where}",
    )
    return Way("accept", "\n".join(commands))
