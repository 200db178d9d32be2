"""What is left of an error that is told in passing."""

from __future__ import annotations

import pytest

from flowops.adapters.providers.reason import in_short
from flowops.errors import ToolUnusable


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ToolUnusable("The provider ended: no memory", next_step="flowops x"), "the provider ended: no memory"),
        (ToolUnusable("A lane is closed.\nIt was opened before."), "a lane is closed."),
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
        (ValueError("AWS does not answer"), "AWS does not answer"),
        (AssertionError(), "AssertionError"),
        (RuntimeError("x"), "x"),
        ("the provider did not answer: panic\n\ngoroutine 1", "the provider did not answer: panic"),
    ],
)
def test_a_reason_is_one_line_that_fits_into_a_sentence(error: Exception | str, line: str) -> None:
    assert in_short(error) == line
