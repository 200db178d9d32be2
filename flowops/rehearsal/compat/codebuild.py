"""CodeBuild: projects without a source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import moto.codebuild.responses

from flowops.rehearsal.compat.patching import Function, around

WITHOUT_LOCATION = ("NO_SOURCE", "CODEPIPELINE")


def install() -> None:
    """Accept a project whose build needs no source; moto demands a location from every project."""
    around(moto.codebuild.responses, "_validate_required_params_source", _validate)


def _validate(original: Function, source: Mapping[str, Any]) -> None:
    if source.get("type") not in WITHOUT_LOCATION:
        original(source)
