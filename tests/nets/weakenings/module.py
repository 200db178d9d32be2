"""A terraform module made weaker in its text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.nets.scanners import ROOT

MODULES = ROOT / "terraform-modules"
BOUNDARY = "  permissions_boundary = var.permissions_boundary_arn\n"
EVERYBODY = ("referenced_security_group_id = var.cluster_security_group_id", 'cidr_ipv4 = "0.0.0.0/0"')


@dataclass(frozen=True)
class ModuleWeakening:
    """`file` stands below terraform-modules; `before` is in there once and gives way to `after`."""

    name: str
    file: str
    before: str
    after: str = ""

    @property
    def module(self) -> str:
        return Path(self.file).parts[0]

    def applied(self, text: str) -> str:
        """Return the text of the file made weaker."""
        assert text.count(self.before) == 1, (
            f"{self.name}: {self.before!r} is in {self.file} {text.count(self.before)}x"
        )
        return text.replace(self.before, self.after)
