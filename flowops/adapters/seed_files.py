"""New files that hold the seed of an MFA device: for their owner alone, and never over anything that stands there."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from flowops import atomic_file
from flowops.errors import OperationFailed, UsageError


class NewSeedFiles:
    """Files at paths that the operator names."""

    def reserve(self, path: str) -> None:
        """Make an empty file for its owner alone; UsageError where there is something, or nothing can be."""
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, atomic_file.PRIVATE_FILE))
        except FileExistsError as error:
            raise UsageError(
                f"{path} is there already, and a seed is never written over anything.",
                next_step="the same command with the path of a new file",
            ) from error
        except OSError as error:
            raise UsageError(
                f"{path} cannot be made: {error.strerror}.", next_step="the same command with another path"
            ) from error

    def fill(self, path: str, seed: str) -> None:
        """Write a seed into a reserved file; OperationFailed where it cannot be."""
        try:
            atomic_file.write(Path(path), f"{seed}\n".encode())
        except OSError as error:
            raise OperationFailed(
                f"{path} cannot be written: {error.strerror}.", next_step="mend that, then the same command again"
            ) from error

    def give_up(self, path: str) -> None:
        """Delete a file that was reserved; one that cannot be deleted stays, for something else has failed already."""
        with suppress(OSError):
            Path(path).unlink()
