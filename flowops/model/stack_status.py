"""What a bootstrap does with a stack, whichever of CloudFormation's 23 statuses it is in.

AWS CloudFormation User Guide, "Understand stack creation events": "Stack status codes".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Way(Enum):
    """How a bootstrap goes on; the value is what the operator reads about it."""

    CREATE = "creates it by a change set"
    UPDATE = "updates it by a change set; where the template changes nothing, leaves it alone"
    GO_ON = "goes on with the update by a change set; where the template changes nothing, explains how to go back"
    WAIT = "waits until the operation is over, then does what the next status asks for"
    CLEAR = "deletes it where nothing is left of it, then creates it anew; else names what is left"
    DELETE_AGAIN = "deletes it again, then creates it anew; refused where data or people's access would be lost"
    ROLL_BACK = "continues the rollback, then updates it"
    EXPLAIN = "starts nothing, and names the resources that failed"


WAYS: Mapping[str, Way] = {
    "CREATE_IN_PROGRESS": Way.WAIT,
    "CREATE_COMPLETE": Way.UPDATE,
    "CREATE_FAILED": Way.CLEAR,
    "ROLLBACK_IN_PROGRESS": Way.WAIT,
    "ROLLBACK_COMPLETE": Way.CLEAR,
    "ROLLBACK_FAILED": Way.CLEAR,
    "DELETE_IN_PROGRESS": Way.WAIT,
    "DELETE_COMPLETE": Way.CREATE,
    "DELETE_FAILED": Way.DELETE_AGAIN,
    "REVIEW_IN_PROGRESS": Way.CREATE,
    "UPDATE_IN_PROGRESS": Way.WAIT,
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": Way.WAIT,
    "UPDATE_COMPLETE": Way.UPDATE,
    "UPDATE_FAILED": Way.GO_ON,
    "UPDATE_ROLLBACK_IN_PROGRESS": Way.WAIT,
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": Way.WAIT,
    "UPDATE_ROLLBACK_COMPLETE": Way.UPDATE,
    "UPDATE_ROLLBACK_FAILED": Way.ROLL_BACK,
    "IMPORT_IN_PROGRESS": Way.WAIT,
    "IMPORT_COMPLETE": Way.UPDATE,
    "IMPORT_ROLLBACK_IN_PROGRESS": Way.WAIT,
    "IMPORT_ROLLBACK_COMPLETE": Way.UPDATE,
    "IMPORT_ROLLBACK_FAILED": Way.EXPLAIN,
}


def way_of(status: str) -> Way:
    """Return how a bootstrap goes on with a stack of this status; empty is a stack that is not there.

    A status that AWS adds one day is waited for or explained by its name, never acted on.
    """
    if not status:
        return Way.CREATE
    return WAYS.get(status) or (Way.WAIT if status.endswith("_IN_PROGRESS") else Way.EXPLAIN)
