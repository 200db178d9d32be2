"""The providers of one binary: how many are started, who gets which, and what becomes of dead ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest

from flowops.adapters.providers.kin import MOST, Kin, SchemaStore
from flowops.adapters.providers.wire import Schema
from flowops.errors import ToolUnusable
from tests.unit.adapters.providers.fakes import FakeUpstream, Family, rpc_error
from tests.unit.adapters.providers.messages import REFUSAL, SCHEMA, SEVERITY_WARNING, configure, diagnostic

CONFIGURE = "/tfplugin5.Provider/Configure"
GET_SCHEMA = "/tfplugin5.Provider/GetSchema"
GET_SCHEMA_6 = "/tfplugin6.Provider/GetProviderSchema"
IRELAND, FRANKFURT = configure(b"eu-west-1"), configure(b"eu-central-1")
TAKEN = diagnostic(SEVERITY_WARNING, "taken")


@dataclass
class MemoryStore:
    """What would lie on disk."""

    known: tuple[int, Schema] | None = None
    writes: list[tuple[int, bytes]] = field(default_factory=list)

    def read(self) -> tuple[int, Schema] | None:
        return self.known

    def write(self, protocol: int, schema: Schema) -> None:
        self.writes.append((protocol, schema.answer))


@pytest.fixture
def family(tmp_path: Path) -> Family:
    return Family(tmp_path, {CONFIGURE: TAKEN, GET_SCHEMA: SCHEMA})


def kin(family: Family, store: Any = None) -> Kin:
    return Kin(family.start, store or MemoryStore(), family.connect)


def told(story: Callable[[Kin], Coroutine[Any, Any, Any]], family: Family, store: Any = None) -> Any:
    """Tell a story in an event loop of its own and return what came of it."""

    async def whole() -> Any:
        return await story(kin(family, store))

    return asyncio.run(whole())


def configurations(upstream: FakeUpstream) -> list[bytes]:
    return [request for method, request in upstream.calls if method == CONFIGURE]


def test_a_configuration_is_passed_on_once_and_its_answer_repeated(family: Family) -> None:
    async def story(kin: Kin) -> list[tuple[Any, bytes]]:
        first = await kin.configured(CONFIGURE, FRANKFURT)
        applying = configure(b"eu-central-1", terraform="1.12.0", deferrals=True)
        return [first, await kin.configured(CONFIGURE, applying)]

    first, second = told(story, family)
    [upstream] = family.upstreams
    assert first == second == (upstream, TAKEN)
    assert configurations(upstream) == [FRANKFURT]


def test_forty_units_that_ask_at_once_share_one_provider(family: Family) -> None:
    async def story(kin: Kin) -> None:
        await asyncio.gather(*(kin.configured(CONFIGURE, FRANKFURT) for _ in range(40)))

    told(story, family)
    assert len(family.running) == 1
    assert configurations(family.upstreams[0]) == [FRANKFURT]


def test_two_configurations_get_a_provider_each_also_when_they_ask_at_once(family: Family) -> None:
    async def story(kin: Kin) -> None:
        await asyncio.gather(kin.configured(CONFIGURE, FRANKFURT), kin.configured(CONFIGURE, IRELAND))

    told(story, family)
    assert len(family.running) == 2
    assert sorted(request for it in family.upstreams for request in configurations(it)) == sorted([FRANKFURT, IRELAND])


def test_no_more_configurations_are_served_than_memory_is_counted_for(family: Family) -> None:
    regions = [b"region-%d" % number for number in range(MOST + 1)]

    async def story(kin: Kin) -> None:
        for region in regions[:MOST]:
            await kin.configured(CONFIGURE, configure(region))
        with pytest.raises(ToolUnusable, match="other configurations"):
            await kin.configured(CONFIGURE, configure(regions[MOST]))
        await kin.configured(CONFIGURE, configure(regions[0]))

    told(story, family)
    assert len(family.running) == MOST


def test_the_provider_that_was_started_ahead_gets_the_first_configuration(family: Family) -> None:
    async def story(kin: Kin) -> None:
        kin.prepare()
        kin.prepare()
        await kin.configured(CONFIGURE, FRANKFURT)

    told(story, family)
    assert len(family.running) == 1


def test_a_call_that_needs_no_configuration_goes_to_a_configured_provider(family: Family) -> None:
    async def story(kin: Kin) -> tuple[Any, Any]:
        configured, _ = await kin.configured(CONFIGURE, FRANKFURT)
        return configured, await kin.any()

    configured, any_ = told(story, family)
    assert any_ is configured
    assert len(family.running) == 1


def test_a_call_that_needs_no_configuration_waits_for_a_provider_that_is_being_configured(family: Family) -> None:
    async def story(kin: Kin) -> tuple[Any, Any]:
        configuring = asyncio.create_task(kin.configured(CONFIGURE, FRANKFURT))
        await asyncio.sleep(0)
        return await kin.any(), (await configuring)[0]

    any_, configured = told(story, family)
    assert any_ is configured
    assert len(family.running) == 1


def test_a_call_that_needs_no_configuration_goes_elsewhere_when_the_configured_provider_is_dead(family: Family) -> None:
    async def story(kin: Kin) -> tuple[Any, Any]:
        dead, _ = await kin.configured(CONFIGURE, FRANKFURT)
        family.running[0].dies()
        return dead, await kin.any()

    dead, other = told(story, family)
    assert other is not dead
    assert other.alive


def test_warming_up_starts_a_provider_only_where_none_is_there_or_on_its_way(family: Family) -> None:
    async def story(kin: Kin) -> list[int]:
        started = []
        for _ in range(2):
            kin.warm_up()
            started.append(len(family.running))
        configuring = asyncio.create_task(kin.configured(CONFIGURE, FRANKFURT))
        await asyncio.sleep(0)
        kin.warm_up()
        await configuring
        kin.warm_up()
        started.append(len(family.running))
        family.running[0].dies()
        kin.warm_up()
        return [*started, len(family.running)]

    assert told(story, family) == [1, 1, 1, 2]


def test_a_dead_provider_is_replaced_when_its_configuration_is_asked_for_again(family: Family) -> None:
    async def story(kin: Kin) -> Any:
        await kin.configured(CONFIGURE, FRANKFURT)
        family.running[0].dies()
        return (await kin.configured(CONFIGURE, FRANKFURT))[0]

    replacement = told(story, family)
    assert replacement is family.upstreams[1]
    assert configurations(replacement) == [FRANKFURT]


def test_a_provider_that_died_unused_is_replaced_before_it_is_given_away(family: Family) -> None:
    async def story(kin: Kin) -> Any:
        await kin.prepare()
        family.running[0].dies()
        return (await kin.configured(CONFIGURE, FRANKFURT))[0]

    assert told(story, family) is family.upstreams[1]


def test_a_refusal_is_told_to_who_asked_and_asked_for_anew_by_the_next(family: Family) -> None:
    async def story(kin: Kin) -> list[bytes]:
        family.answers[CONFIGURE] = REFUSAL
        refused = await asyncio.gather(*(kin.configured(CONFIGURE, FRANKFURT) for _ in range(2)))
        family.answers[CONFIGURE] = TAKEN
        return [answer for _, answer in (*refused, await kin.configured(CONFIGURE, FRANKFURT))]

    assert told(story, family) == [REFUSAL, REFUSAL, TAKEN]


def test_a_provider_that_refused_its_configuration_is_ended(family: Family) -> None:
    async def story(kin: Kin) -> int:
        family.answers[CONFIGURE] = REFUSAL
        for _ in range(5):
            await kin.configured(CONFIGURE, FRANKFURT)
        return sum(it.poll() is None for it in family.running)

    assert told(story, family) == 0


def test_a_provider_that_breaks_while_it_is_configured_is_ended_and_replaced(family: Family) -> None:
    async def story(kin: Kin) -> Any:
        family.answers[CONFIGURE] = rpc_error(grpc.StatusCode.UNAVAILABLE, "Socket closed")
        with pytest.raises(grpc.aio.AioRpcError, match="Socket closed"):
            await kin.configured(CONFIGURE, FRANKFURT)
        family.answers[CONFIGURE] = TAKEN
        return (await kin.configured(CONFIGURE, FRANKFURT))[0]

    assert told(story, family) is family.upstreams[1]
    assert [it.stopped for it in family.running] == [True, False]


def test_a_provider_that_cannot_start_is_reported_and_started_anew_by_the_next(family: Family) -> None:
    async def story(kin: Kin) -> bytes:
        family.greeting = "This binary is a plugin.\n"
        with pytest.raises(ToolUnusable, match="no handshake"):
            await kin.configured(CONFIGURE, FRANKFURT)
        family.greeting = "1|5|unix|/run/plugin|grpc|\n"
        return (await kin.configured(CONFIGURE, FRANKFURT))[1]

    assert told(story, family) == TAKEN


def test_who_gives_up_waiting_takes_the_provider_from_nobody(family: Family) -> None:
    async def story(kin: Kin) -> bytes:
        impatient = asyncio.create_task(kin.configured(CONFIGURE, FRANKFURT))
        patient = asyncio.create_task(kin.configured(CONFIGURE, FRANKFURT))
        await asyncio.sleep(0)
        impatient.cancel()
        return (await patient)[1]

    assert told(story, family) == TAKEN
    assert len(family.running) == 1


def test_the_schema_is_asked_for_once_and_remembered(family: Family) -> None:
    store = MemoryStore()

    async def story(kin: Kin) -> list[Any]:
        return await asyncio.gather(kin.schema(), kin.schema(), kin.protocol())

    assert told(story, family, store) == [Schema(SCHEMA), Schema(SCHEMA), 5]
    assert family.upstreams[0].calls == [(GET_SCHEMA, b"")]
    assert store.writes == [(5, SCHEMA)]


def test_a_provider_of_the_newer_protocol_is_asked_in_its_own_words(family: Family) -> None:
    family.greeting = "1|6|unix|/run/plugin|grpc|\n"
    family.answers = {GET_SCHEMA_6: SCHEMA}
    store = MemoryStore()
    assert told(Kin.protocol, family, store) == 6
    assert store.writes == [(6, SCHEMA)]


def test_a_schema_that_is_remembered_starts_no_provider(family: Family) -> None:
    assert told(Kin.schema, family, MemoryStore((6, Schema(SCHEMA)))) == Schema(SCHEMA)
    assert family.running == []


@pytest.mark.parametrize(
    "answer", [rpc_error(grpc.StatusCode.INTERNAL, "panic"), b"", SCHEMA[:-1]], ids=["an error", "nothing", "cut off"]
)
def test_a_provider_without_a_schema_is_not_shared_and_nothing_is_remembered(
    family: Family, answer: bytes | Exception
) -> None:
    family.answers[GET_SCHEMA] = answer
    store = MemoryStore()

    async def story(kin: Kin) -> int:
        with pytest.raises((ToolUnusable, ValueError), match=r"panic|without a single type|cut off"):
            await kin.protocol()
        family.answers[GET_SCHEMA] = SCHEMA
        return await kin.protocol()

    assert told(story, family, store) == 5
    assert store.writes == [(5, SCHEMA)]


def test_closing_ends_every_provider(family: Family) -> None:
    async def story(kin: Kin) -> None:
        await kin.configured(CONFIGURE, FRANKFURT)
        await kin.prepare()
        kin.close()

    told(story, family)
    assert [it.stopped for it in family.running] == [True, True]


@pytest.fixture
def binary(tmp_path: Path) -> Path:
    path = tmp_path / "terraform-provider-aws_v5.100.0_x5"
    path.write_bytes(b"the provider")
    return path


@pytest.mark.parametrize("protocol", [5, 6])
def test_a_stored_schema_is_found_again_with_its_protocol(tmp_path: Path, binary: Path, protocol: int) -> None:
    SchemaStore(tmp_path / "schemas", binary).write(protocol, Schema(SCHEMA))
    assert SchemaStore(tmp_path / "schemas", binary).read() == (protocol, Schema(SCHEMA))
    assert (tmp_path / "schemas").stat().st_mode & 0o777 == 0o700


def test_another_binary_at_the_same_place_has_no_stored_schema(tmp_path: Path, binary: Path) -> None:
    SchemaStore(tmp_path, binary).write(5, Schema(SCHEMA))
    binary.write_bytes(b"another provider")
    assert SchemaStore(tmp_path, binary).read() is None


def test_a_stored_schema_that_is_damaged_counts_as_none(tmp_path: Path, binary: Path) -> None:
    store = SchemaStore(tmp_path / "schemas", binary)
    assert store.read() is None
    store.write(5, Schema(SCHEMA))
    [file] = (tmp_path / "schemas").iterdir()
    file.write_bytes(SCHEMA[:-1])
    assert store.read() is None


def test_a_store_that_cannot_be_written_is_done_without(tmp_path: Path, binary: Path) -> None:
    (tmp_path / "schemas").write_text("a file where the folder should be")
    store = SchemaStore(tmp_path / "schemas", binary)
    store.write(5, Schema(SCHEMA))
    assert store.read() is None
