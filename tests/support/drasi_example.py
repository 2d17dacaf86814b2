"""The host of examples/drasi, as a package of one test module, and what its demo plugins count."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from support import examples

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "drasi"
PATHS = [
    str(EXAMPLE),
    *(str(ROOT / "generated" / each / "python") for each in ("drasi", "drasi_0_11_0")),
]
#: Longer than any of it takes, also on a busy machine.
PATIENCE = 300.0

QUERY = {
    "id": "q",
    "text": "MATCH (p:Person) WHERE p.age >= 18 RETURN p.name AS name, p.age AS age",
    "sources": ["s"],
}


NAMES = ("host", "plugins", "follow", "drasi", "drasi_0_11_0")


def imported() -> AbstractContextManager[Callable[[str], Any]]:
    """Import modules of the example by name."""
    return examples.imported(NAMES, PATHS)


class Counters:
    """What the demo plugins of a folder have made, and what of it has not ended."""

    def __init__(self, folder: Path) -> None:
        self._libraries = [
            ctypes.CDLL(str(path)) for path in sorted(folder.glob("*.so")) if _is_plugin(path)
        ]
        for library in self._libraries:
            library.demo_made.restype = library.demo_live.restype = ctypes.c_long

    @property
    def made(self) -> int:
        return sum(library.demo_made() for library in self._libraries)

    @property
    def live(self) -> int:
        return sum(library.demo_live() for library in self._libraries)

    def settled(self) -> int:
        """What is alive when the threads of the plugins are at their ends, which takes a moment."""
        eventually(lambda: self.live == 0)
        return self.live


def _is_plugin(path: Path) -> bool:
    return path.read_bytes()[:4] == b"\x7fELF"


def told(old: bool) -> str:
    """What plugins of 0.8.4 or 0.11.0 call the version of their SDK."""
    return "0.8.4" if old else "0.13.0"


def source(id: str = "s", *, old: bool = False, records: int | None = None, **config: Any) -> Any:
    """A source of people, whose initial data come from another plugin if there is to be any."""
    made: dict[str, Any] = {"id": id, "kind": f"people@{told(old)}", "config": config}
    if records is not None:
        kind = f"register@{told(old)}"
        made["bootstrap"] = {"kind": kind, "config": {"records": records}}
    return made


def reaction(id: str = "r", *, old: bool = False, **config: Any) -> Any:
    kind = f"journal@{told(old)}"
    return {"id": id, "kind": kind, "queries": ["q"], "config": config}


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something is so; a test that goes on regardless will say what is not."""
    deadline = time.monotonic() + PATIENCE / 10
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.005)


def waited(host: Any, changes: int) -> Any:
    """The query of a host, when it has evaluated so many changes."""
    query = host.queries["q"]
    assert query.wait_for(changes, PATIENCE)
    return query
