"""A drift result as JUnit XML: a suite for each environment, a case for everything that was checked.

There is no standard; what is written fits the strictest of the schemas in use.
https://github.com/windyroad/JUnit-Schema/blob/master/JUnit.xsd
https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from xml.etree.ElementTree import Element, SubElement, tostring

from flowops.adapters.drift_reports.words import lines
from flowops.model.drift.result import DriftResult, EnvironmentDrift, Status
from flowops.model.drift.texts import cleaned
from flowops.model.drift.words import Place, counts, places, rule_words, spelled

# https://www.w3.org/TR/xml/#charsets
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(result: DriftResult) -> str:
    """Return the XML: what drifted is a failure, what could not be checked an error, what is busy was skipped."""
    plain = cleaned(result)
    suites = Element("testsuites")
    for at, environment in enumerate(plain.environments):
        _suite(SubElement(suites, "testsuite"), at, plain, environment)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}\n'


def _suite(suite: Element, number: int, result: DriftResult, environment: EnvironmentDrift) -> None:
    cases = _cases(environment)
    stands = [it.status for it in cases]
    _set(
        suite,
        id=str(number),
        name=environment.environment,
        package=f"drift.{result.project}",
        hostname="localhost",
        timestamp=f"{result.started.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
        tests=str(len(cases)),
        failures=str(stands.count(Status.DRIFTED)),
        errors=str(stands.count(Status.FAILED)),
        skipped=str(stands.count(Status.BUSY)),
        time=f"{sum(it.seconds for it in cases):.3f}",
    )
    properties = SubElement(suite, "properties")
    shards = " ".join(map(str, result.shards))
    for name, value in (("result", result.id), ("run", environment.run), ("shards", shards)):
        _set(SubElement(properties, "property"), name=name, value=value)
    for it in cases:
        _case(SubElement(suite, "testcase"), f"drift.{result.project}.{environment.environment}", it)
    SubElement(suite, "system-out").text = _valid("\n".join((*environment.notes, *map(rule_words, result.rules))))
    SubElement(suite, "system-err")


def _cases(environment: EnvironmentDrift) -> Sequence[Place]:
    """Return what was checked; an environment that was not checked as a whole stands for what was left out."""
    found = places(environment)
    if not environment.reason:
        return found
    return (Place(environment.environment, environment.status, environment.reason), *found)


def _case(case: Element, group: str, it: Place) -> None:
    _set(case, classname=group, name=it.name, time=f"{it.seconds:.3f}")
    match it.status:
        case Status.DRIFTED:
            failure = SubElement(case, "failure")
            _set(failure, type=it.counting[0].verdict.value, message=spelled(counts(it.counting)))
            failure.text = _valid("\n".join(line for found in it.counting for line in lines(found)))
        case Status.FAILED:
            _set(SubElement(case, "error"), type="not-checked", message=it.reason)
        case Status.BUSY:
            _set(SubElement(case, "skipped"), message=it.reason)


def _set(element: Element, **attributes: str) -> None:
    for name, value in attributes.items():
        element.set(name, _valid(value))


def _valid(text: str) -> str:
    """Return text without what no XML document can hold, not even as a reference."""
    return _NO_CHARACTER.sub("\ufffd", text)
