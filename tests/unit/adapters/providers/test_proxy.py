"""One lane: what is answered at once, what is passed on, and what leaves trouble behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import grpc
import pytest

from flowops.adapters.providers.proxy import AnotherConfiguration, NotConfigured, NotShared
from flowops.adapters.providers.wire import SERVING
from flowops.errors import ToolUnusable
from tests.unit.adapters.providers.fakes import rpc_error
from tests.unit.adapters.providers.lanes import (
    FRANKFURT,
    IRELAND,
    FakeBackend,
    FakeContext,
    FakeProvider,
    answers,
    configured_lane,
    handler,
    lane,
    method,
    served,
)
from tests.unit.adapters.providers.messages import configure, holding, number


def test_each_lane_gets_the_schema_of_its_own_types(backend: FakeBackend, service: str) -> None:
    call = (method(service, "GetSchema", "GetProviderSchema"), b"")
    [vpc] = answers(lane(backend, types=frozenset({"aws_vpc"})), call)
    [subnet] = answers(lane(backend, types=frozenset({"aws_subnet", "no_such_type"})), call)
    always = holding(1, b"the provider's own schema") + holding(6, number(1, 1))
    assert vpc.startswith(always)
    assert (b"aws_vpc" in vpc, b"aws_subnet" in vpc) == (True, False)
    assert (b"aws_vpc" in subnet, b"aws_subnet" in subnet) == (False, True)
    assert backend.unconfigured.calls == []


def test_neither_stop_nor_shutdown_reaches_the_provider_that_others_use(backend: FakeBackend, service: str) -> None:
    ours = lane(backend)
    stops = [(method(service, "Stop", "StopProvider"), b""), ("/plugin.GRPCController/Shutdown", b"")]
    assert answers(ours, (method(service, "Configure"), FRANKFURT), *stops) == [b"taken", b"", b""]
    assert all(it.calls == [] for it in (*backend.providers.values(), backend.unconfigured))


def test_terraforms_health_check_is_answered_by_the_proxy(backend: FakeBackend) -> None:
    assert answers(lane(backend), ("/grpc.health.v1.Health/Check", b"plugin")) == [SERVING]
    assert backend.unconfigured.calls == []


def test_calls_go_to_any_provider_before_a_lane_is_configured_and_to_its_own_afterwards(
    backend: FakeBackend, service: str
) -> None:
    check, read = method(service, "ValidateResourceTypeConfig"), method(service, "ReadResource")
    ours = lane(backend)
    configured = (method(service, "Configure", "ConfigureProvider"), FRANKFURT)
    assert answers(ours, (check, b"1"), configured, (read, b"2"), (check, b"3")) == [
        b"unconfigured",
        b"taken",
        b"number 1",
        b"number 1",
    ]
    assert backend.unconfigured.calls == [(check, b"1")]
    assert backend.providers[FRANKFURT].calls == [(read, b"2"), (check, b"3")]


def test_lanes_with_different_configurations_read_through_different_providers(backend: FakeBackend) -> None:
    configured, read = "/tfplugin5.Provider/Configure", ("/tfplugin5.Provider/ReadResource", b"")
    assert answers(lane(backend), (configured, FRANKFURT), read)[1] == b"number 1"
    assert answers(lane(backend), (configured, IRELAND), read)[1] == b"number 2"
    assert answers(lane(backend), (configured, FRANKFURT), read)[1] == b"number 1"


def test_the_request_to_configure_reaches_the_providers_unchanged(backend: FakeBackend, service: str) -> None:
    call = (method(service, "Configure", "ConfigureProvider"), FRANKFURT)
    answers(lane(backend), call)
    assert backend.asked == [call]


def test_a_unit_may_configure_again_as_plan_and_apply_do(backend: FakeBackend) -> None:
    again = configure(b"eu-central-1", terraform="1.12.0", deferrals=True)
    configured = "/tfplugin5.Provider/Configure"
    assert answers(lane(backend), (configured, FRANKFURT), (configured, again)) == [b"taken", b"taken"]


def test_a_second_configuration_of_a_lane_is_refused_and_the_first_one_stays(backend: FakeBackend) -> None:
    ours = lane(backend)
    configured = "/tfplugin5.Provider/Configure"
    answers(ours, (configured, FRANKFURT))
    with pytest.raises(AnotherConfiguration, match="more than one configuration"):
        answers(ours, (configured, IRELAND))
    assert [request for _, request in backend.asked] == [FRANKFURT]
    assert answers(ours, ("/tfplugin5.Provider/ReadResource", b"")) == [b"number 1"]


def test_a_mark_is_there_before_the_first_resource_is_changed(
    backend: FakeBackend, tmp_path: Path, service: str
) -> None:
    mark = tmp_path / "1.wrote"
    provider = backend.providers[FRANKFURT] = FakeProvider("number 1", sees=mark)
    ours = configured_lane(backend, tmp_path)
    harmless = ["ReadResource", "PlanResourceChange", "ReadDataSource", "ImportResourceState", "MoveResourceState"]
    answers(ours, *((method(service, it), b"") for it in harmless))
    assert not mark.exists()
    answers(ours, (method(service, "ApplyResourceChange"), b"plan"))
    assert provider.seen == [False] * len(harmless) + [True]


def test_no_resource_is_changed_where_the_mark_cannot_be_made(backend: FakeBackend, tmp_path: Path) -> None:
    ours = configured_lane(backend, tmp_path / "swept away")
    with pytest.raises(FileNotFoundError):
        answers(ours, ("/tfplugin5.Provider/ApplyResourceChange", b"plan"))
    assert backend.providers[FRANKFURT].calls == []


@pytest.mark.parametrize("call", ["ReadResource", "ReadDataSource", "PlanResourceChange", "ApplyResourceChange"])
def test_without_a_configuration_nothing_is_done_with_somebody_elses(
    backend: FakeBackend, tmp_path: Path, service: str, call: str
) -> None:
    ours = lane(backend, tmp_path)
    with pytest.raises(NotConfigured, match="before it was configured"):
        answers(ours, (method(service, call), b""))
    assert backend.unconfigured.calls == []
    assert not ours.wrote.exists()


@pytest.mark.parametrize("call", ["InvokeAction", "ListResource"])
def test_what_is_answered_more_than_once_is_refused_before_anything_is_done(
    backend: FakeBackend, tmp_path: Path, service: str, call: str
) -> None:
    ours = configured_lane(backend, tmp_path)
    with pytest.raises(NotShared, match=f"does not do {call}"):
        answers(ours, (method(service, call), b""))
    assert backend.providers[FRANKFURT].calls == []


CHECK = "/tfplugin5.Provider/ValidateResourceTypeConfig"


def test_an_answer_leaves_no_trouble(backend: FakeBackend) -> None:
    ours = lane(backend)
    assert served(ours, CHECK) == (b"unconfigured", None)
    assert ours.trouble == ""


def test_a_second_configuration_is_an_error_to_terraform_and_the_lanes_trouble(backend: FakeBackend) -> None:
    ours = lane(backend)
    served(ours, "/tfplugin5.Provider/Configure", FRANKFURT)
    answer, error = served(ours, "/tfplugin5.Provider/Configure", IRELAND)
    assert answer is None
    assert error == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "flowops' shared provider: the unit has more than one configuration of this provider",
    )
    assert ours.trouble == "the unit has more than one configuration of this provider"


def test_a_call_that_a_provider_lacks_is_terraforms_own_affair(backend: FakeBackend) -> None:
    backend.unconfigured.trouble = rpc_error(grpc.StatusCode.UNIMPLEMENTED, "unknown method GetMetadata")
    ours = lane(backend)
    answer = served(ours, "/tfplugin5.Provider/GetMetadata")
    assert answer == (None, (grpc.StatusCode.UNIMPLEMENTED, "unknown method GetMetadata"))
    assert ours.trouble == ""


def test_a_provider_that_dies_in_a_call_is_an_error_to_terraform_and_the_lanes_trouble(backend: FakeBackend) -> None:
    backend.unconfigured.trouble = rpc_error(grpc.StatusCode.UNAVAILABLE, "Socket closed")
    ours = lane(backend)
    assert served(ours, CHECK) == (None, (grpc.StatusCode.UNAVAILABLE, "Socket closed"))
    assert ours.trouble == "the provider did not answer: Socket closed"


@pytest.mark.parametrize("call", ["GetSchema", "Configure"])
def test_whatever_goes_wrong_in_the_proxy_is_told_to_terraform_too(backend: FakeBackend, call: str) -> None:
    backend.trouble = ToolUnusable("The provider ended before it was ready: no memory")
    ours = lane(backend)
    answer, (code, text) = served(ours, f"/tfplugin5.Provider/{call}", FRANKFURT)
    assert (answer, code) == (None, grpc.StatusCode.FAILED_PRECONDITION)
    assert text.startswith("flowops' shared provider: The provider ended before it was ready: no memory")
    assert ours.trouble == "the provider ended before it was ready: no memory"


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (
            rpc_error(grpc.StatusCode.INTERNAL, "panic: no memory\n\ngoroutine 1"),
            "the provider did not answer: panic: no memory",
        ),
        (ValueError("a field is cut off\nsomewhere"), "a field is cut off"),
        (AssertionError(), "AssertionError"),
    ],
)
def test_a_lanes_trouble_is_one_line_and_never_empty(backend: FakeBackend, error: Exception, trouble: str) -> None:
    backend.unconfigured.trouble = error
    ours = lane(backend)
    served(ours, CHECK)
    assert ours.trouble == trouble


def test_the_first_trouble_is_the_one_that_is_told(backend: FakeBackend) -> None:
    ours = lane(backend)
    for details in ("Socket closed", "Connection refused"):
        backend.unconfigured.trouble = rpc_error(grpc.StatusCode.UNAVAILABLE, details)
        served(ours, CHECK)
    assert ours.trouble == "the provider did not answer: Socket closed"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("/plugin.GRPCStdio/StreamStdio", "unary_stream"), ("/plugin.GRPCBroker/StartStream", "stream_stream")],
)
def test_a_terraform_counts_as_connected_while_it_holds_a_stream(backend: FakeBackend, name: str, kind: str) -> None:
    ours = lane(backend)

    async def story() -> list[int]:
        open_ = getattr(handler(ours, name), kind)
        streams = [asyncio.create_task(anext(open_(b"", FakeContext()))) for _ in range(2)]
        await asyncio.sleep(0)
        counted = [ours.connected]
        for stream in streams:
            stream.cancel()
            await asyncio.wait([stream])
            counted.append(ours.connected)
        return counted

    assert asyncio.run(story()) == [2, 1, 0]
