"""Room on disk is looked at before a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowops.adapters.disk import check_room
from flowops.errors import OperationFailed


def test_too_little_room_stops_a_run_before_it_starts() -> None:
    with pytest.raises(OperationFailed, match=r"GiB are free at / *; a run needs") as refused:
        check_room(Path("/"), needed=10**18)
    assert refused.value.not_done == "Nothing was started."
    assert "df -h /" in refused.value.next_step


def test_enough_room_is_not_mentioned() -> None:
    check_room(Path("/"), needed=1)
