"""Drift reports in every form: everything is there, others can read it, and nothing foreign steers the page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element

import jsonschema
import pytest
from lxml import etree

from flowops.adapters.drift_reports import DriftReports
from flowops.adapters.drift_reports.as_json import as_json
from flowops.adapters.drift_reports.junit import junit
from flowops.adapters.drift_reports.markdown import MARK, markdown
from flowops.adapters.drift_reports.page import html
from flowops.adapters.drift_reports.sarif import sarif
from flowops.adapters.reports.as_markdown import MOST_BYTES
from flowops.errors import Exit, UsageError
from flowops.model.attributes import AttributeChange, AttributeChanges
from flowops.model.drift.finding import Verdict
from flowops.model.drift.formats import DriftFormat
from flowops.model.drift.result import Checked, EnvironmentDrift, Shard, Status
from tests.fakes.drift import EFS, EKS, RDS, VPC, environment, everything, finding, result
from tests.fakes.reports import HOSTILE
from tests.unit.adapters.test_reports import Elements

ROOT = Path(__file__).parents[3]
SCHEMAS = ROOT / "tests" / "schemas"
SCHEMA: dict[str, Any] = json.loads((ROOT / "flowops" / "data" / "drift" / "schema-1.json").read_text())
FOLDERS = {"dev": PurePosixPath("aws/non-prod/eu-central-1/dev")}


def objects(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the keys of each object in our schema, by its name; the outermost is ""."""
    found = {"": schema["properties"]}
    return found | {name: it["properties"] for name, it in schema["$defs"].items() if "properties" in it}


def keys(value: object) -> set[str]:
    """Return every key anywhere in a value."""
    inner = value if isinstance(value, list) else (list(value.values()) if isinstance(value, dict) else [])
    return set(value if isinstance(value, dict) else ()).union(*map(keys, inner))


def test_json_fits_its_schema_which_describes_every_key() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    data = json.loads(as_json(everything()))
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    described = {name for each in objects(SCHEMA).values() for name in each}
    assert keys(data) == described
    for each in objects(SCHEMA).values():
        for name, it in each.items():
            assert it.get("description") or it["$ref"] == "#/$defs/status", name


@pytest.mark.parametrize("key", ["id", "environments", "flowops_drift_version"])
def test_the_schema_refuses_what_lacks_a_key(key: str) -> None:
    data = json.loads(as_json(everything()))
    del data[key]
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(data)


def cases(root: Element) -> dict[str, tuple[str, str]]:
    """Return what became of each case, and what it says."""
    return {
        str(case.get("name")): (
            case[0].tag if len(case) else "passed",
            str(case[0].get("message")) if len(case) else "",
        )
        for case in root.iter("testcase")
    }


def test_junit_has_a_case_for_everything_that_was_checked() -> None:
    root = etree.fromstring(junit(everything()).encode())
    etree.XMLSchema(file=SCHEMAS / "junit-10.xsd").assertValid(root)
    dev, prod, stage = root
    counted = [dev.get(it) for it in ("name", "tests", "failures", "errors", "skipped", "time", "timestamp")]
    assert counted == ["dev", "7", "4", "1", "1", "18.875", "2026-11-28T03:00:00"]
    found = cases(dev)
    assert {name: kind for name, (kind, _) in found.items()} == {
        VPC: "failure",
        EKS: "failure",
        EFS: "error",
        RDS: "passed",
        "cloudformation": "failure",
        "iam": "skipped",
        "unmanaged": "failure",
    }
    assert found[VPC][1] == "1 missing, 1 out-of-band"
    assert found[EFS][1].startswith(f"it said {HOSTILE}")
    assert cases(prod) == {"prod": ("skipped", "prod is busy: apply by bob")}
    assert cases(stage) == {"stage/foundation/vpc": ("passed", "")}


def test_junit_says_who_did_it_and_the_ways_out() -> None:
    root = etree.fromstring(junit(everything()).encode())
    (said,) = (case[0].text for case in root.iter("testcase") if case.get("name") == VPC)
    assert "in the cloud: tags.Name: old -> a|b" in said
    assert "by arn:aws:iam::222222222222:user/ann, 2026-11-27 16:42 UTC: ModifyVpcAttribute from 203.0.113.7" in said
    assert "accept:\n    flowops apply dev foundation vpc" in said


def test_junit_has_everything_that_stricter_schemas_want() -> None:
    for suite in etree.fromstring(junit(everything()).encode()):
        assert {"id", "name", "package", "hostname", "timestamp", "tests", "failures", "errors", "time"} <= {
            *suite.keys()
        }
        assert [it.tag for it in suite if it.tag != "testcase"] == ["properties", "system-out", "system-err"]
        assert all({"name", "classname", "time"} == {*case.keys()} for case in suite.iter("testcase"))
        assert all(it.get("type") for it in suite.iter("failure", "error"))


def test_junit_shows_an_environment_that_was_not_checked_at_all_as_an_error() -> None:
    gone = EnvironmentDrift("dev", reason="nobody is calling AWS", code=Exit.CREDENTIALS)
    root = etree.fromstring(junit(result(gone)).encode())
    assert cases(root) == {"dev": ("error", "nobody is calling AWS")}


@pytest.mark.parametrize("character", ["\x00", "\x08", "\ud800", "\ufffe", "\uffff"])
def test_what_no_xml_can_hold_is_not_in_it(character: str) -> None:
    reason = f"a{character}b"
    made = EnvironmentDrift("dev", (Checked(VPC, Status.FAILED, reason),), notes=(reason,))
    root = etree.fromstring(junit(result(made)).encode("utf-8", "replace"))
    assert character not in str(cases(root)[VPC])


def log() -> dict[str, Any]:
    (run,) = json.loads(sarif(everything(), FOLDERS))["runs"]
    found: dict[str, Any] = run
    return found


def test_sarif_fits_the_standard() -> None:
    schema = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text())
    jsonschema.Draft4Validator(schema).validate(json.loads(sarif(everything(), FOLDERS)))
    jsonschema.Draft4Validator(schema).validate(json.loads(sarif(result(), {})))


def test_sarif_has_a_rule_for_each_verdict_and_a_result_for_each_finding() -> None:
    run = log()
    assert run["tool"]["driver"]["name"] == "flowops"
    rules = [it["id"] for it in run["tool"]["driver"]["rules"]]
    assert rules == [it.value for it in Verdict]
    assert all(rules[it["ruleIndex"]] == it["ruleId"] for it in run["results"])
    levels = {it["ruleId"]: it["level"] for it in run["results"]}
    assert levels == {
        "missing": "error",
        "both": "error",
        "out-of-band": "error",
        "unapplied": "warning",
        "unmanaged": "note",
        "noise": "note",
    }
    assert len(run["results"]) == len(tuple(everything().findings))


def test_sarif_tells_findings_apart_and_points_to_the_file_of_the_unit() -> None:
    run = log()
    prints = {it["partialFingerprints"]["flowopsFinding/v1"] for it in run["results"]}
    assert prints == {it.fingerprint for it in everything().findings}
    hashes = {it["partialFingerprints"]["primaryLocationLineHash"] for it in run["results"]}
    assert hashes == {f"{it}:1" for it in prints}
    places = {
        it["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]: it["locations"][0]["physicalLocation"][
            "artifactLocation"
        ]["uri"]
        for it in run["results"]
    }
    folder = "deployments/aws/non-prod/eu-central-1/dev/foundation"
    assert places["foundation/eks//aws_eks_cluster.this"] == f"{folder}/eks/terragrunt.hcl"
    assert places["arn:aws:s3:::left-over"] == "flowops.yaml"


def test_sarif_has_what_is_ignored_as_suppressed_and_with_why() -> None:
    suppressed = {it["message"]["text"].partition(":")[0]: it["suppressions"] for it in log()["results"]}
    (only,) = suppressed.pop("foundation/rds//aws_db_instance.this")
    assert only == {
        "kind": "external",
        "status": "accepted",
        "justification": "resized for the fair (until 2027-01-31, ann, flowops.drift.yaml:7)",
    }
    assert not any(suppressed.values())


def test_sarif_says_what_nobody_could_look_at() -> None:
    (invocation,) = log()["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 1)
    assert (invocation["startTimeUtc"], invocation["endTimeUtc"]) == (
        "2026-11-28T03:00:00.000Z",
        "2026-11-28T03:00:12.500Z",
    )
    said = [
        (it["level"], it["message"]["text"].partition(" was")[0]) for it in invocation["toolExecutionNotifications"]
    ]
    assert said == [("error", EFS), ("warning", "iam"), ("warning", "prod")]
    (rule,) = invocation["toolConfigurationNotifications"]
    assert rule["message"]["text"].endswith("does nothing: expired on 2026-11-01")


def test_no_value_is_taken_for_a_link_or_a_placeholder_in_sarif() -> None:
    text = sarif(result(environment(findings=[finding(summary="[x](http://evil) {0}")])), {})
    said = json.loads(text)["runs"][0]["results"][0]["message"]["text"]
    assert "([x] (http://evil) {{0}})" in said


def test_markdown_begins_with_its_mark_and_has_a_row_for_each_environment() -> None:
    text = markdown(everything())
    assert text.startswith(f"{MARK}\n## Drift of flowable\n")
    rows = [line for line in text.splitlines() if re.match(r"\| (dev|prod|stage) ", line)]
    assert [line.count("|") for line in rows] == [6, 6, 6]
    assert "| 1 missing, 1 both, 2 out-of-band, 1 unapplied, 1 unmanaged | 1 noise, 1 ignored |" in rows[0]
    assert "**prod was not checked:** prod is busy&#58; apply by bob" in text
    assert "<pre>flowops apply dev foundation vpc</pre>" in text
    assert "aws&#95;eip" not in text


def test_foreign_text_is_only_text_in_markdown() -> None:
    text = markdown(everything())
    assert "<script" not in text
    assert "http://" not in text
    assert text.count("</details>") == 1
    assert not re.search(r"^# heading", text, re.MULTILINE)
    assert "\x1b" not in text


def test_what_a_page_cannot_hold_is_left_out_from_the_attributes_on() -> None:
    many = AttributeChanges(tuple(AttributeChange(f"a{at}", "x" * 280, "y" * 280) for at in range(200)))
    large = result(environment(findings=[finding(f"foundation/vpc//x.r{at}", cloud=many) for at in range(20)]))
    text = markdown(large)
    assert len(text.encode()) < MOST_BYTES
    assert "the ways out are too much for this page." in text
    assert "x&#46;r19" in text
    comment = markdown(large, 1_000)
    assert len(comment.encode()) < 1_000
    assert "What was found is too much for this page." in comment
    assert "| 20 out-of-band |" in comment


def test_a_part_of_a_check_says_that_it_is_one() -> None:
    assert "## Drift of flowable, only shard 2/4\n" in markdown(result(shards=(Shard(2, 4),)))
    assert "no drift found; exit 0 (fine)" in markdown(result())


def test_the_page_is_one_file_that_loads_nothing_and_runs_only_its_own_script() -> None:
    page = Elements()
    page.feed(html(everything()))
    tags = [tag for tag, _ in page.found]
    assert tags.count("script") == 1
    assert not {"link", "img", "iframe", "object", "base", "a"} & set(tags)
    assert not [name for _, attributes in page.found for name in attributes if name in ("src", "href", "style")]
    (policy,) = [it["content"] for tag, it in page.found if it.get("http-equiv") == "Content-Security-Policy"]
    assert str(policy).startswith("default-src 'none'; style-src 'sha256-")
    assert "width=device-width" in str(page.found)


def test_the_page_offers_each_verdict_unit_and_owner_that_there_is() -> None:
    text = html(everything())
    chosen = {
        name: re.findall(r'<option value="([^"]+)"', options)
        for name, options in re.findall(r'<select name="(\w+)">(.*?)</select>', text)
    }
    assert chosen["verdict"] == ["missing", "both", "out-of-band", "unapplied", "unmanaged", "noise", "ignored"]
    assert chosen["owner"] == ["(nobody)", "network team", "ops"]
    assert chosen["unit"] == ["dev/cloudformation", EFS, EKS, RDS, VPC, "dev/iam", "dev/unmanaged"]


@pytest.mark.parametrize("form", DriftFormat)
def test_an_empty_result_can_be_written_in_every_form(form: DriftFormat, tmp_path: Path) -> None:
    assert DriftReports([(form, tmp_path / "r")], {}).write(result()) == ()
    assert (tmp_path / "r").read_text()


def test_reports_are_written_to_all_files_or_refused_before_anything_starts(tmp_path: Path) -> None:
    written = DriftReports([(it, tmp_path / f"r.{it.value}") for it in DriftFormat], FOLDERS)
    assert written.write(everything()) == ()
    assert (tmp_path / "r.sarif").read_text() == sarif(everything(), FOLDERS)
    assert (tmp_path / "r.json").read_text() == as_json(everything())
    with pytest.raises(UsageError, match="No such file or directory"):
        DriftReports([(DriftFormat.SARIF, tmp_path / "no" / "r")], FOLDERS)


def test_no_form_but_json_has_what_a_terminal_or_a_reader_would_obey(tmp_path: Path) -> None:
    odd = finding(summary="\u202ereversed\x1b[2J", owner="AKIAABCDEFGHIJKLMNOP")
    made = result(replace(environment(findings=[odd]), notes=("\x1b]0;title\x07",)))
    for text in (html(made), markdown(made), junit(made), sarif(made, FOLDERS)):
        assert not re.search("[\x00-\x08\x0e-\x1f\u202e]", text)
        assert "AKIAABCDEFGHIJKLMNOP" not in text
