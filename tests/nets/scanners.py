"""cfn-lint and checkov, each one process over a folder of samples."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CFN_LINT = Path(sys.executable).with_name("cfn-lint")
CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
HOW_TO_GET_CHECKOV = f"{CHECKOV.relative_to(ROOT)} is not there; `make checkov` makes it"

_PATIENCE = 600

Findings = Mapping[str, tuple[str, ...]]
"""What a scanner found, by the path of the sample in its folder."""


@dataclass(frozen=True)
class Scan:
    """A scanner at work; its output goes to files, since nobody reads it before the end."""

    process: subprocess.Popen[bytes]
    output: Path
    complaints: Path

    def report(self) -> Any:
        """Return the JSON that the scanner printed."""
        self.process.wait(_PATIENCE)
        try:
            return json.loads(self.output.read_text())
        except ValueError:
            raise AssertionError(f"{self.output.stem} reported nothing: {self.complaints.read_text()}") from None

    def broken_off(self) -> list[str]:
        """Return the checks that broke off: such a check neither passes nor fails, and its scanner ends well."""
        return [line for line in self.complaints.read_text().splitlines() if "Failed to run check" in line]


@contextmanager
def cfn_lint(folder: Path, reports: Path) -> Iterator[Scan]:
    """Run the cfn-lint of `make lint` over a folder of templates."""
    with _scan("cfn-lint", [str(CFN_LINT), "--format", "json", f"{folder}/*"], reports) as scan:
        yield scan


@contextmanager
def checkov(folder: Path, reports: Path, framework: str) -> Iterator[Scan]:
    """Run checkov over a folder; offline it must not ask for its guidelines."""
    argv = [str(CHECKOV), "--directory", str(folder), "--framework", framework]
    with _scan(f"checkov-{framework}", [*argv, "--skip-download", "--quiet", "--output", "json"], reports) as scan:
        yield scan


def findings_of_cfn_lint(scan: Scan) -> Findings:
    return _by_file((Path(match["Filename"]).name, match["Rule"]["Id"]) for match in scan.report())


def findings_of_checkov(scan: Scan) -> Findings:
    """Return the failed checks. Findings have no severity without an account at the maker's, so any is one too many."""
    report = scan.report()
    assert report["summary"]["parsing_errors"] == 0, report["results"]["parsing_errors"]
    failed = report["results"]["failed_checks"]
    return _by_file((check["file_path"].removeprefix("/"), check["check_id"]) for check in failed)


@contextmanager
def _scan(name: str, argv: list[str], reports: Path) -> Iterator[Scan]:
    output, complaints = reports / f"{name}.json", reports / f"{name}.err"
    with output.open("wb") as out, complaints.open("wb") as err:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    try:
        yield Scan(process, output, complaints)
    finally:
        process.kill()
        process.wait(_PATIENCE)


def _by_file(found: Iterator[tuple[str, str]]) -> Findings:
    gathered: dict[str, set[str]] = defaultdict(set)
    for file, finding in found:
        gathered[file].add(finding)
    return {file: tuple(sorted(findings)) for file, findings in gathered.items()}
