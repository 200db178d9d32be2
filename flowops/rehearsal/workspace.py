"""Where a rehearsal keeps everything it has, one folder for each checkout: nothing of it is in the checkout itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """The paths of one rehearsal below `root`."""

    root: Path

    @property
    def project(self) -> Path:
        """Return the scratch copy of the project, usable with plain terragrunt."""
        return self.root / "project"

    @property
    def checkout_file(self) -> Path:
        """Return the file that names the checkout which this is the rehearsal of."""
        return self.root / "checkout"

    @property
    def number_file(self) -> Path:
        """Return the file of a number that no other rehearsal has, nor this one once it is begun anew."""
        return self.root / "number"

    @property
    def emulator(self) -> Path:
        """Return the emulated AWS' own folder: state, log and recorded calls."""
        return self.root / "emulator"

    @property
    def aws(self) -> Path:
        """Return the folder that stands for ~/.aws."""
        return self.root / "aws"

    @property
    def config_file(self) -> Path:
        """Return the named profiles of the rehearsal."""
        return self.aws / "config"

    @property
    def credentials_file(self) -> Path:
        """Return the access keys of the rehearsal."""
        return self.aws / "credentials"

    @property
    def operator_seed(self) -> Path:
        """Return where the operator's MFA seed is kept."""
        return self.aws / "operator.seed"

    @property
    def sessions(self) -> Path:
        """Return the folder where the operator's MFA session is kept while it is good."""
        return self.aws / "sessions"

    @property
    def by_hand(self) -> Path:
        """Return the folder of the files that lead plain terragrunt and aws to the rehearsal."""
        return self.root / "by-hand"

    @property
    def helm(self) -> Path:
        """Return the folder of what plain Helm reads of chart repositories, the password of one among it."""
        return self.by_hand / "helm"


def workspace_of(checkout: Path, rehearsals: Path, *, purpose: str = "standing") -> Workspace:
    """Return the workspace of a checkout below the folder of all rehearsals; another `purpose` is another one."""
    digest = hashlib.sha256(str(checkout.resolve()).encode()).hexdigest()[:12]
    return Workspace(rehearsals / f"{checkout.resolve().name}-{digest}-{purpose}")
