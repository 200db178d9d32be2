"""Operations that moto lacks, or that make it stumble: an error in the service's own protocol."""

from __future__ import annotations

import logging
from typing import Any

from moto.core.responses import ActionResult, BaseResponse

from flowops.rehearsal.application import DEFECT, NOT_EMULATED
from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import Function, around

log = logging.getLogger(__name__)


def install() -> None:
    """Answer HTTP 400 where moto answers 500: every SDK repeats a 500, so that terraform hangs for minutes."""
    around(BaseResponse, "call_action", _answer)


def _answer(original: Function, self: Any) -> Any:
    try:
        return original(self)
    except NotImplementedError as missing:
        return _refusal(self, AwsError(NOT_EMULATED, f"flowops' emulator: {missing}"))
    except Exception as defect:
        # moto raises anything; what it means stands in the log, and the caller gets an end.
        log.exception("%s.%s failed", self.service_name, self._get_action())
        return _refusal(self, AwsError(DEFECT, f"flowops' emulator: {type(defect).__name__}: {defect}"))


def _refusal(self: Any, error: AwsError) -> Any:
    _, headers, body = self.serialized(ActionResult(error))
    return 400, {**headers, "status": "400"}, body
