"""A bmux plugin in Python that keeps state: what it has counted survives a restart of the server.

$ python -m bmux.build --plugin counter:CounterPlugin --output libcounter.so
"""

from __future__ import annotations

import threading

import bmux
from bmux import plugin

#: The formats of the state: 1 is the number alone, in text; 2 has the unit behind a colon.
FORMATS = [1, 2]


class Counter(bmux.StatefulPlugin):
    """A number of something. Calls come from any thread, so it locks for itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._unit = "things"

    def add(self, count: int, unit: str | None = None) -> str:
        """Counts, and says how many there are."""
        with self._lock:
            self._count += count
            self._unit = unit or self._unit
            return f"{self._count} {self._unit}"

    def id(self) -> str:
        return "examples/counter"

    def snapshot(self) -> bmux.Snapshot:
        with self._lock:
            if self._count < 0:
                raise bmux.StatefulPluginError("there cannot be less than nothing")
            return bmux.Snapshot(version=2, data=f"{self._count}:{self._unit}".encode())

    def restore(self, version: int, data: bytes) -> None:
        if version not in FORMATS:
            raise bmux.StatefulPluginError(
                status=bmux.StatefulStatus.UNSUPPORTED_VERSION, expected=FORMATS, version=version
            )
        count, _, unit = data.decode().partition(":")
        with self._lock:
            self._count = int(count or 0)
            self._unit = unit or "things"

    def close(self) -> None:
        """The host has dropped it."""


class CounterPlugin(plugin.PluginEntries):
    """What the library exports. What is left out here is not exported at all."""

    def __init__(self) -> None:
        self._counter = Counter()

    def manifest(self) -> str:
        # The ranges of versions come with the package.
        return plugin.manifest({"id": "examples.counter", "name": "Counter", "version": "1.0.0"})

    def activate(self, lifecycle: bytes) -> None:
        if lifecycle == b"refuse":
            raise bmux.CallError(status=bmux.CallStatus.UNAVAILABLE)

    def register_stateful(self, registry: bmux.StatefulRegistry) -> None:
        registry.register_plugin(self._counter)

    def run_command_by_name(self, name: str, arguments: list[str]) -> None:
        if name != "count" or not arguments:
            raise bmux.CallError(status=bmux.CallStatus.USAGE)
        self._counter.add(int(arguments[0]), *arguments[1:2])

    def invoke_service(self, request: bytes) -> bytes:
        return self._counter.add(int(request or b"0")).encode()

    def deactivate(self, lifecycle: bytes) -> None:
        pass
