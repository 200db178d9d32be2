"""The tags by which what flowops makes in AWS says whose it is."""

from __future__ import annotations

PREFIX = "flowops:"
PROJECT_TAG = f"{PREFIX}project"
ENVIRONMENT_TAG = f"{PREFIX}environment"
LAYER_TAG = f"{PREFIX}layer"
UNIT_TAG = f"{PREFIX}unit"
