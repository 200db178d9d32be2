"""Everything a bootstrap is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from flowops.model.bootstrap import BootstrapPlan
from flowops.operations.ports.aws import ManagementCloud
from flowops.operations.ports.project import FactsFile, SecretFiles, StackTemplates, Templates


class BootstrapConsole(Protocol):
    """The operator; `progress` is called from several threads, one call at a time."""

    def show(self, plan: BootstrapPlan) -> None:
        """Show what one phase would do."""

    def confirm(self, plan: BootstrapPlan) -> bool:
        """Return whether the phase just shown may run; Declined when nobody can say."""

    def progress(self, line: str) -> None:
        """Say one line about something that happens now."""


@dataclass(frozen=True)
class BootstrapPorts:
    """The outside world of a bootstrap; `environment` are the caller's variables, which may hold secrets."""

    cloud: ManagementCloud
    console: BootstrapConsole
    stack_templates: StackTemplates
    templates: Templates
    facts_file: FactsFile
    secret_files: SecretFiles
    environment: Mapping[str, str]
    new_external_id: Callable[[], str]
