"""The plugin whose threads push: built for a test, and of which nothing is left at its end."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.bindings import Bound, Workshop

FOLDER = Path(__file__).parents[1] / "plugins" / "streams"
#: Longer than anything takes, also on a busy machine.
PATIENCE = 60


def streams(workshop: Workshop, mode: str) -> Bound:
    """The package and the plugin, built once for each mode."""
    description = (FOLDER / "streams.abi").read_text(encoding="utf-8")
    source = (FOLDER / "streams.c").read_text(encoding="utf-8")
    return workshop.build(
        description.replace("abi streams ", "abi {NAME} "),
        source.replace("STREAMS_EXPORT", "{NAME}_EXPORT"),
        mode,
    )


@contextmanager
def watched(workshop: Workshop, mode: str) -> Iterator[Bound]:
    """The same, where nothing comes too late, and nothing is told to nobody."""
    bound = streams(workshop, mode)
    reports: list[Any] = []
    hook, sys.unraisablehook = sys.unraisablehook, reports.append
    late = bound.package.late_calls()
    yield bound
    gc.collect()
    settled(lambda: bound.plugin.live_events() == 0)
    sys.unraisablehook = hook
    assert [str(each.exc_value) for each in reports] == []
    assert bound.package.late_calls() == late


def ended(bound: Bound, code: str) -> subprocess.CompletedProcess[str]:
    """A process of its own that is a host of the package, from its start to its end."""
    assert bound.package.__file__
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(bound.package.__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
        timeout=5 * PATIENCE,
    )


def settled(is_so: Callable[[], bool]) -> None:
    """Threads of the plugin have a while to come to this."""
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, "it never comes to that"
        time.sleep(0.002)


def numbers(events: Iterable[Any]) -> list[int]:
    """The numbers of events, each of which ends."""
    found = []
    for event in events:
        with event:
            found.append(event.number)
    return found
