"""A real browser that opens a page and says what became of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_FRAMED = """<!doctype html><title>not yet</title><iframe width="{width}" height="900" src="{page}"></iframe><script>
const frame = document.querySelector("iframe");
frame.addEventListener("load", () => {{
  const inner = frame.contentDocument.documentElement;
  document.title = `${{inner.scrollWidth}} of ${{inner.clientWidth}}`;
}});
</script>"""


@dataclass(frozen=True)
class Browser:
    """Chromium without a window; its profile, and pages of its own, lie in `folder`."""

    folder: Path

    def document(self, page: Path, fragment: str = "") -> str:
        """Return the document as it is after its scripts have run."""
        return self._run("--dump-dom", f"{page.as_uri()}{fragment}")

    def widths(self, page: Path, width: int) -> tuple[int, int]:
        """Return how wide a page is in a window of this width, and how much of it shows without scrolling."""
        outer = self.folder / "framed.html"
        outer.write_text(_FRAMED.format(width=width, page=page.as_uri()))
        document = self._run("--allow-file-access-from-files", "--dump-dom", outer.as_uri())
        found = re.search(r"<title>(\d+) of (\d+)</title>", document)
        assert found, document
        return int(found[1]), int(found[2])

    def _run(self, *words: str) -> str:
        program = shutil.which("chromium")
        assert program, "chromium is missing: apt-get install chromium (.ci/run does it)"
        argv = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        argv += [f"--user-data-dir={self.folder / 'profile'}", *words]
        return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=True).stdout
