"""Write the tables of docs/security.md: `python -m tests.nets`."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.nets.haul import cast
from tests.nets.module_haul import cast_over_modules
from tests.nets.page import PAGE, parts, written
from tests.nets.weakenings import WEAKENINGS
from tests.nets.weakenings.modules import MODULE_WEAKENINGS

if __name__ == "__main__":
    with TemporaryDirectory() as templates, TemporaryDirectory() as modules:
        caught = parts(cast(WEAKENINGS, Path(templates)), cast_over_modules(MODULE_WEAKENINGS, Path(modules)))
    PAGE.write_text(written(PAGE.read_text(), caught))
