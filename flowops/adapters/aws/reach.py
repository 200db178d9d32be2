"""Whether AWS answers at all, asked without anybody's credentials; and what time it is there."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from flowops.adapters.aws import errors
from flowops.adapters.aws.client import IsolatedSession, Wire
from flowops.model.clock import ahead


def clock_ahead(wire: Wire) -> timedelta:
    """Return how far this machine's clock is ahead of that of STS; OperationFailed where it does not answer.

    Any answer will do: a refusal has a date, too.
    """
    session = IsolatedSession(wire, profile=None, config_file=os.devnull, credentials_file=os.devnull)
    unsigned = Config(signature_version=UNSIGNED)
    client = session.create_client("sts", region_name=wire.region, config=unsigned)
    try:
        answer: Any = client.get_caller_identity()
    except ClientError as error:
        answer = error.response
    except BotoCoreError as error:
        endpoint = str(client.meta.endpoint_url)
        told = {"service": "sts", "operation": "GetCallerIdentity", "who": "nobody", "endpoint": endpoint}
        raise errors.unanswered(error, **told) from error
    return ahead(answer["ResponseMetadata"]["HTTPHeaders"].get("date", ""), wire.clock())
