"""Change reports as JSON, Markdown and HTML: everything is there, and nothing foreign steers the page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from flowops.adapters.reports import WrittenReports
from flowops.adapters.reports.as_html import html
from flowops.adapters.reports.as_json import as_json
from flowops.adapters.reports.as_markdown import MOST_BYTES, escaped, markdown
from flowops.errors import UsageError
from flowops.model.attributes import AttributeChange
from flowops.model.report import Report, ReportFormat
from tests.fakes.reports import HOSTILE, MARKDOWN, report

PAGE = (Path(__file__).parents[3] / "docs" / "reports.md").read_text()


def test_json_has_a_version_and_every_key_of_it_is_explained_on_the_page() -> None:
    data = json.loads(as_json(report()))
    assert data["flowops_report_version"] == 1
    keys: set[str] = set()

    def collect(value: object) -> None:
        for it in value if isinstance(value, list) else (value.values() if isinstance(value, dict) else ()):
            collect(it)
        keys.update(value if isinstance(value, dict) else ())

    collect(data)
    assert keys == set(re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE))


def test_json_says_what_is_known_of_each_attribute() -> None:
    run = json.loads(as_json(report()))["runs"][0]
    vpc = run["units"][2]
    assert (run["exit_code"], run["status"], run["seconds"]) == (3, "partly-done", 75.5)
    assert (vpc["outcome"], vpc["seconds"]) == ("applied", 61.25)
    assert vpc["resources"][0]["attributes"][1:3] == [
        {"path": "secret", "before": None, "after": None, "sensitive": True, "unknown_after": False},
        {"path": "arn", "before": "arn:old", "after": None, "sensitive": False, "unknown_after": True},
    ]


def test_markdown_has_one_row_for_each_unit_whatever_stands_in_it() -> None:
    text = markdown(report())
    rows = [line for line in text.splitlines() if line.startswith("| dev")]
    assert [line.count("|") for line in rows] == [9, 9, 9]
    assert "| applied | 1 | 1 | - | - | 61.2 |" in rows[2]
    assert "| failed | ? | ? | ? | ? | 0.0 |" in rows[0]
    assert "**replace** <code>" in text
    assert "**HOLDS DATA**" in text


@pytest.mark.parametrize("hostile", [HOSTILE, MARKDOWN])
def test_foreign_text_is_only_text_in_markdown(hostile: str) -> None:
    shown = escaped(hostile)
    assert not set(shown.replace("<br>", "")) & set("<>|`[]*@\n")
    assert unescape(shown.replace("<br>", "\n")) == hostile
    text = markdown(report())
    assert "<script" not in text
    assert "http://" not in text
    assert text.count("</details>") == 2
    assert not re.search(r"^# heading", text, re.MULTILINE)


def test_a_report_beyond_a_job_summary_leaves_out_attributes_first_and_says_so() -> None:
    run = report().runs[0]
    many = tuple(AttributeChange(f"a{at}", "x" * 280, "y" * 280) for at in range(200))
    resources = tuple(replace(run.units[2].resources[0], address=f"r{at}", attributes=many) for at in range(20))
    large = Report((replace(run, units=(replace(run.units[2], resources=resources),)),))
    text = markdown(large)
    assert len(text.encode()) < MOST_BYTES
    assert "The attributes are too much for this page" in text
    assert "<code>r19</code>" in text
    resources = tuple(replace(run.units[2].resources[0], address="r" * 300, attributes=()) for at in range(5000))
    huge = markdown(Report((replace(run, units=(replace(run.units[2], resources=resources),)),)))
    assert len(huge.encode()) < MOST_BYTES
    assert "What changes is too much for this page" in huge
    assert "| applied | - | 5000 |" in huge


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_is_one_file_that_loads_nothing_and_runs_only_its_own_script() -> None:
    page = Elements()
    page.feed(html(report()))
    tags = [tag for tag, _ in page.found]
    assert tags.count("script") == 1
    assert not {"link", "img", "iframe", "object", "base", "a"} & set(tags)
    assert not [name for _, attributes in page.found for name in attributes if name in ("src", "href", "style")]
    (policy,) = [it["content"] for tag, it in page.found if it.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "width=device-width" in str(page.found)


def test_reports_replace_what_was_there_and_are_readable_where_their_folder_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "r.md").write_text("old")
    written = WrittenReports([(it, tmp_path / f"r.{it.value}") for it in ReportFormat])
    assert written.write(report()) == ()
    assert {it.name: it.stat().st_mode & 0o777 for it in tmp_path.iterdir()} == dict.fromkeys(
        ("r.json", "r.md", "r.html"), 0o644
    )
    assert (tmp_path / "r.md").read_text() == markdown(report())


def test_what_cannot_be_written_is_refused_before_anything_starts(tmp_path: Path) -> None:
    for path, why in ((tmp_path, "it is there, and is no file"), (tmp_path / "no" / "r", "No such file or directory")):
        with pytest.raises(UsageError, match=why) as refused:
            WrittenReports([(ReportFormat.JSON, path)])
        assert refused.value.not_done == "Nothing was started."
    with pytest.raises(UsageError, match="two reports"):
        WrittenReports([(ReportFormat.JSON, tmp_path / "r"), (ReportFormat.HTML, tmp_path / "r")])
    assert list(tmp_path.iterdir()) == []


def test_what_could_be_written_before_the_run_and_cannot_after_it_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    written = WrittenReports([(ReportFormat.JSON, folder / "r"), (ReportFormat.HTML, tmp_path / "r.html")])
    folder.rmdir()
    (said,) = written.write(report())
    assert said == f"The report {folder / 'r'} could not be written: No such file or directory"
    assert (tmp_path / "r.html").exists()
