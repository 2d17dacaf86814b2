"""What threads of a plugin push, read with ``async for``: tasks that wait, are cancelled, and go on."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.bindings import Bound, Workshop
from support.streams import PATIENCE, settled, watched


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Iterator[Bound]:
    with watched(workshop, mode) as bound:
        yield bound


async def numbers(events: Any) -> list[int]:
    found = []
    async for event in events:
        with event:
            found.append(event.number)
    return found


async def turns(count: int = 5) -> None:
    """Other tasks go on."""
    for _ in range(count):
        await asyncio.sleep(0)


def test_events_come_in_order_until_the_end(bound: Bound) -> None:
    with bound.plugin.open_source() as source, source.receiver(1, 3000) as receiver:
        assert asyncio.run(numbers(receiver.stream(capacity=7))) == list(range(3000))


def test_who_pushes_waits_for_room(bound: Bound) -> None:
    async def read(stream: Any) -> None:
        settled(lambda: bound.plugin.live_events() == 5 + 3)
        (await anext(stream)).close()
        await asyncio.sleep(0.02)
        assert bound.plugin.live_events() <= 5 + 3

    with bound.plugin.open_source() as source, source.receiver(3, 1000) as receiver:
        with receiver.stream(capacity=5) as stream:
            asyncio.run(read(stream))
        assert stream.closed


def test_other_tasks_have_their_turn(bound: Bound) -> None:
    """There always is an event, so that the task which reads would never wait."""
    seen = []

    async def count() -> None:
        while True:
            seen.append(1)
            await asyncio.sleep(0)

    async def read(stream: Any) -> None:
        other = asyncio.create_task(count())
        for _ in range(3000):
            await anext(stream)
        other.cancel()

    with bound.plugin.open_source() as source:
        stream = bound.package.NumberStream(source.on_number, capacity=4000)
        source.push_here(3000)
        asyncio.run(read(stream))
    assert len(seen) > 10


def test_a_task_that_is_cancelled_leaves_nothing_behind(bound: Bound) -> None:
    async def read(source: Any, stream: Any) -> list[int]:
        for _ in range(20):
            waiting = asyncio.create_task(anext(stream))
            await turns()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        # It was woken for an event, and is cancelled before it runs.
        waiting = asyncio.create_task(anext(stream))
        await turns()
        source.push_here(1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled() or waiting.result() == 0
        source.push_here(3)
        most = 3 + waiting.cancelled()
        return [await anext(stream) for _ in range(most)]

    with bound.plugin.open_source() as source:
        stream = bound.package.NumberStream(source.on_number)
        assert asyncio.run(read(source, stream))[-3:] == [0, 1, 2]
        assert not stream._abi_channel._sleepers
        assert not stream._abi_channel._events


def test_whoever_is_cancelled_passes_its_turn_on(bound: Bound) -> None:
    async def read(source: Any, stream: Any) -> None:
        first = asyncio.create_task(anext(stream))
        second = asyncio.create_task(anext(stream))
        await turns()
        source.push_here(1)
        # The first one was woken.
        first.cancel()
        assert await asyncio.wait_for(second, PATIENCE) == 0
        assert first.cancelled()

    with bound.plugin.open_source() as source:
        asyncio.run(read(source, bound.package.NumberStream(source.on_number)))


def test_time_runs_out(bound: Bound) -> None:
    async def read(source: Any, stream: Any) -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(anext(stream), 0.02)
        source.push_here(1)
        assert await asyncio.wait_for(anext(stream), PATIENCE) == 0

    with bound.plugin.open_source() as source:
        asyncio.run(read(source, bound.package.NumberStream(source.on_number)))


def test_async_for_waits_so_long(bound: Bound) -> None:
    """Each event for so long; a task that ran out of time takes none with it."""

    async def read(source: Any, stream: Any) -> None:
        for _ in range(3):
            with pytest.raises(TimeoutError, match=r"no event for 0\.02 seconds"):
                await asyncio.wait_for(anext(stream), PATIENCE)
        waits = [asyncio.create_task(anext(stream)) for _ in range(3)]
        await turns()
        source.push_here(3)
        assert sorted(await asyncio.gather(*waits)) == [0, 1, 2]
        with pytest.raises(TimeoutError):
            async for _ in stream:
                pass

    with bound.plugin.open_source() as source:
        asyncio.run(read(source, bound.package.NumberStream(source.on_number, timeout=0.02)))


def test_a_thread_closes_while_a_task_waits(bound: Bound) -> None:
    async def read(stream: Any) -> list[int]:
        asyncio.get_running_loop().run_in_executor(None, lambda: (time.sleep(0.05), stream.close()))
        return [number async for number in stream]

    with bound.plugin.open_source() as source:
        assert asyncio.run(read(bound.package.NumberStream(source.on_number))) == []


def test_a_block_closes(bound: Bound) -> None:
    async def read(receiver: Any) -> Any:
        async with receiver.stream(capacity=3) as stream:
            async for event in stream:
                event.close()
                break
        return stream

    with bound.plugin.open_source() as source, source.receiver(4, 0) as receiver:
        assert asyncio.run(read(receiver)).closed
        settled(lambda: bound.plugin.live_events() == 0)


def test_what_cannot_be_read_is_raised(bound: Bound) -> None:
    async def read(stream: Any) -> None:
        assert [(await anext(stream)).number for _ in range(13)] == list(range(13))
        with pytest.raises(bound.package.ContractError, match="7 is no Kind"):
            await anext(stream)
        assert [note async for note in stream] == []

    with bound.plugin.open_source() as source:
        stream = bound.package.NoteStream(source.on_note)
        source.push_here(20)
        asyncio.run(read(stream))
        source.off_note()


def test_two_loops_and_a_thread_share_a_stream(bound: Bound) -> None:
    got: list[list[int]] = [[], [], []]
    with bound.plugin.open_source() as source, source.receiver(4, 500) as receiver:
        stream = receiver.stream(capacity=16)

        def read(into: list[int]) -> None:
            into.extend(asyncio.run(numbers(stream)))

        def take(into: list[int]) -> None:
            for event in stream:
                into.append(event.number)
                event.close()

        readers = [
            threading.Thread(target=how, args=(into,))
            for how, into in zip((read, read, take), got, strict=True)
        ]
        for each in readers:
            each.start()
        for each in readers:
            each.join(PATIENCE)
    assert sorted(itertools.chain(*got)) == sorted(list(range(500)) * 4)


def test_a_loop_that_is_gone_wakes_nobody(bound: Bound) -> None:
    with bound.plugin.open_source() as source:
        stream = bound.package.NumberStream(source.on_number)
        loop = asyncio.new_event_loop()
        waiting = anext(stream)

        async def wait() -> None:
            await waiting

        task = loop.create_task(wait())
        loop.call_later(0.01, loop.stop)
        loop.run_forever()
        loop.close()
        source.push_here(1)
        assert stream.get(PATIENCE) == 0
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        task.get_coro().close()  # type: ignore[union-attr]


def test_a_host_that_stops_with_a_task_that_reads(bound: Bound) -> None:
    async def host() -> int:
        source = bound.plugin.open_source()
        stream = bound.package.NumberStream(source.on_number, capacity=8)
        reading = asyncio.create_task(consume(stream))
        source.start(8, 0, 0)
        await asyncio.sleep(0.02)
        # Its threads wait for room, which the task makes meanwhile.
        await asyncio.to_thread(source.stop)
        source.close()
        return await asyncio.wait_for(reading, PATIENCE)

    async def consume(stream: Any) -> int:
        return len([number async for number in stream])

    assert asyncio.run(host()) > 8


def test_rows_come_without_holding_up_the_loop(bound: Bound) -> None:
    async def read(rows: Any) -> list[str]:
        reading = rows.__aiter__()
        first = asyncio.create_task(anext(reading))
        await turns(1)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        return [row async for row in reading]

    with bound.plugin.open_source() as source, source.rows(4, False) as rows:
        # What nobody waited for any more is not lost.
        assert asyncio.run(read(rows)) == ["row 4", "row 3", "row 2", "row 1"]


def test_rows_that_came_too_late_are_those_of_the_next_loop(bound: Bound) -> None:
    """Over one object, however often it is iterated over."""

    async def read(rows: Any) -> list[str]:
        found: list[str] = []
        for _ in range(2):
            late = asyncio.create_task(collect(rows, found))
            await turns(1)
            late.cancel()
            await asyncio.gather(late, return_exceptions=True)
        await collect(rows, found)
        return found

    async def collect(rows: Any, found: list[str]) -> None:
        async for row in rows:
            found.append(row)

    with bound.plugin.open_source() as source, source.rows(4, False) as rows:
        assert asyncio.run(read(rows)) == ["row 4", "row 3", "row 2", "row 1"]


def test_packages_do_without_asyncio(bound: Bound) -> None:
    folder = Path(bound.package.__file__).parents[1]
    plugin = bound.plugin
    code = (
        f"import sys, {bound.package.__name__} as package\n"
        f"source = package.load({str(plugin.path)!r}, {plugin.mode!r}).open_source()\n"
        "assert len(list(source.receiver(2, 10).stream())) == 20\n"
        "print([each for each in ('asyncio', 'concurrent.futures') if each in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
