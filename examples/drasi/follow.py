"""``python examples/drasi/follow.py``: what sources push from their threads, read with async/await.

The smallest host there is: no queries, no reactions, no services. It needs what the large one needs.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In a project of yours the generated package is installed; here it lies in the repository.
sys.path[:0] = [str(HERE.parents[1] / "generated" / "drasi_0_11_0" / "python"), str(HERE)]

# Behind the paths that they are found by.
import drasi_0_11_0 as drasi  # noqa: E402
import msgpack  # type: ignore[import-untyped]  # noqa: E402
from plugins.build import one  # noqa: E402

#: How many seconds without a change are quiet.
QUIET = 1.0

Factory = drasi.SourcePluginDescriptorProxy


@asynccontextmanager
async def running(
    factory: Factory, id: str, timeout: float | None = None, **config: object
) -> AsyncIterator[drasi.ChangePushStream]:
    """A source that runs as long as the block, and the stream of its changes.

    However the block ends, by a failure or a cancelled task too, the stream is closed first: a thread
    that pushes might wait for a reader otherwise, and the stop for that thread.
    """
    with factory.create_source(id, json.dumps(config), True) as source:
        source.initialize(drasi.RuntimeContext("follow", id))
        # What may take its time is called on another thread, so that the loop goes on.
        await asyncio.to_thread(source.start)
        try:
            found = await asyncio.to_thread(source.subscribe, id, False, "q", '["Person"]', "[]")
            with found.receiver as receiver:
                # Room for so many changes: a source that is faster waits, not this program.
                async with receiver.stream(capacity=16, timeout=timeout) as changes:
                    yield changes
        finally:
            await asyncio.to_thread(source.stop)


def number(event: drasi.SourceEvent) -> int:
    """Sources count their changes."""
    return int(msgpack.unpackb(event.payload)["sequence"])


async def until_quiet(factory: Factory, id: str, **config: object) -> None:
    """Follow a source until nothing has come for a while, which is when a stream with a timeout raises."""
    seen: Counter[str] = Counter()
    async with running(factory, id, timeout=QUIET, **config) as changes:
        try:
            async for event in changes:
                seen[event.op.name.lower()] += 1
        except TimeoutError:
            print(
                f"{id}: {', '.join(f'{count} × {op}' for op, count in seen.items())}; now it is quiet"
            )


async def in_time(factory: Factory) -> None:
    """Follow a source that never ends, and be done in time whatever it does."""
    last = 0
    async with running(factory, "endless", events=10**9) as changes:
        try:
            async with asyncio.timeout(0.3):
                async for event in changes:
                    last = number(event)
        except TimeoutError:
            print(f"endless: time is up; it was read up to change {last}")


async def handed_over(factory: Factory) -> None:
    """A task that is cancelled takes no change with it: the next one goes on behind it."""
    seen = []

    async def read(changes: drasi.ChangePushStream) -> None:
        async for event in changes:
            seen.append(number(event))

    async with running(factory, "shared", events=10**9, pauseUs=1000) as changes:
        for _ in range(3):
            reader = asyncio.create_task(read(changes))
            await asyncio.sleep(0.1)
            reader.cancel()
            await asyncio.wait([reader])
    missing = set(range(1, seen[-1])) - set(seen)
    print(f"shared: read by three tasks, one after the other; changes missing: {len(missing)}")


async def main(library: Path) -> None:
    plugin = drasi.load(library)
    with plugin.registration as registration, registration.source_plugins[0] as factory:
        print("== Two sources at once, in one loop")
        async with asyncio.TaskGroup() as group:
            group.create_task(until_quiet(factory, "town", events=12))
            group.create_task(until_quiet(factory, "village", events=5, pauseUs=20_000))
        print("== A limit of time")
        await in_time(factory)
        print("== Tasks that are cancelled")
        await handed_over(factory)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="drasi-follow-") as name:
        made = Path(name) / "people.so"
        one(made, "people", "drasi_0_11_0", flags=["-DDRASI_0_11_0"])
        asyncio.run(main(made))
        # Every source has stopped and ended, so no thread of the plugin is inside of this program now.
        print(f"== The end; calls that came too late: {drasi.late_calls()}")
