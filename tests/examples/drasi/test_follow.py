"""The small program with async/await: what it prints, and that it ends wherever it is interrupted."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.drasi_example import EXAMPLE, PATIENCE
from support.unraisable import Unraisable

pytestmark = pytest.mark.slow


@pytest.fixture
def follow(load: Any, counters: Any, unraisable: Unraisable) -> Any:
    """The program, and after a test nothing of what its plugin made."""
    binding = load("drasi_0_11_0")
    late = binding.late_calls()
    yield load("follow")
    assert counters.settled() == 0
    assert binding.late_calls() == late


def test_it_follows_and_ends(
    follow: Any, plugins: Path, counters: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    made = counters.made
    asyncio.run(follow.main(plugins / "people.so"))
    said = capsys.readouterr().out
    assert "town: 6 × insert, 1 × delete, 5 × update; now it is quiet\n" in said
    assert "village: 5 × insert; now it is quiet\n" in said
    assert int(said.partition("read up to change ")[2].split()[0]) > 12
    assert "one after the other; changes missing: 0\n" in said
    assert counters.made - made > 20


@pytest.mark.parametrize("part", ["until_quiet", "in_time", "handed_over"])
def test_it_is_cancelled_at_any_time(follow: Any, plugins: Path, part: str) -> None:
    """Whatever it waits for then: the sources have stopped before the loop ends."""
    more = {"id": "s", "events": 10**9} if part == "until_quiet" else {}

    async def cancelled(plugin: Any, after: float) -> None:
        factory = plugin.registration.source_plugins[0]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(getattr(follow, part)(factory, **more), after)

    plugin = follow.drasi.load(plugins / "people.so")
    for number in range(6):
        asyncio.run(cancelled(plugin, 0.02 * number))
    plugin.registration.close()


#: What never ends by itself.
SCRIPT = f"""
import asyncio, sys
sys.path[:0] = [{str(EXAMPLE)!r}]
import follow

async def main():
    (factory,) = follow.drasi.load(sys.argv[1]).registration.source_plugins
    asyncio.get_running_loop().call_later(0.1, print, "reads")
    await follow.until_quiet(factory, "s", events=10**9)

asyncio.run(main())
"""


def test_it_ends_when_it_is_interrupted(plugins: Path) -> None:
    """Ctrl-C, while changes come as fast as they can."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", SCRIPT, str(plugins / "people.so")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "reads\n"
        process.send_signal(signal.SIGINT)
        said, wrong = process.communicate(timeout=PATIENCE)
    finally:
        # One that goes on would take a processor for ever.
        process.kill()
    assert process.returncode == -signal.SIGINT
    assert wrong.splitlines()[-1] == "KeyboardInterrupt"
    assert "xception ignored" not in wrong
    assert said == ""
