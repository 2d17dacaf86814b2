"""A host in Python of the bmux plugins, on the generated package and nothing else."""

from __future__ import annotations

import gc
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.bmux_plugins import BmuxProbe

_SLOW = pytest.mark.slow
_RUST = [_SLOW, pytest.mark.tool("rustc")]
_HEADERS = pytest.mark.tool("python-headers")

#: The language of the plugin, and how it is called.
WAYS = [
    pytest.param(("c", "ready-made"), id="c"),
    pytest.param(("c", "compiled"), id="c-compiled", marks=[_SLOW, _HEADERS]),
    pytest.param(("rust", "ready-made"), id="rust", marks=_RUST),
    pytest.param(("rust", "compiled"), id="rust-compiled", marks=[*_RUST, _HEADERS]),
]


class Registry:
    """The participants of a host: those that it takes, and what it told the others.

    It does what the description asks of a host, and has none of the package's classes.
    """

    def __init__(self, bmux: ModuleType) -> None:
        self.bmux = bmux
        self.participants: dict[str, Any] = {}
        self.offered: list[Any] = []

    def register_plugin(self, plugin: Any) -> None:
        self.offered.append(plugin)
        if plugin.abi_version != self.bmux.STATEFUL_ABI_VERSION:
            self.refuse("UNSUPPORTED_ABI")
        id = plugin.id()
        if id in self.participants:
            self.refuse("DUPLICATE_ID")
        self.participants[id] = plugin

    def refuse(self, status: str) -> None:
        raise self.bmux.CallError("", self.bmux.RegisterStatus[status])

    def __getitem__(self, name: str) -> Any:
        return self.participants[f"bmux.test/{name}"]

    def save(self) -> tuple[dict[str, tuple[int, bytes]], dict[str, Any]]:
        """The sections of all that can be saved, and why the others cannot; none stops another."""
        sections: dict[str, tuple[int, bytes]] = {}
        failed: dict[str, Any] = {}
        for id, participant in self.participants.items():
            try:
                snapshot = participant.snapshot()
                sections[id] = (snapshot.version, snapshot.data)
            except self.bmux.StatefulPluginError as error:
                failed[id] = error
        return sections, failed

    def restore(self, sections: dict[str, tuple[int, bytes]]) -> dict[str, Any]:
        """Why participants did not take their sections."""
        failed: dict[str, Any] = {}
        for id, (version, data) in sections.items():
            try:
                self.participants[id].restore(version, data)
            except self.bmux.StatefulPluginError as error:
                failed[id] = error
        return failed

    def close(self) -> None:
        """Drop them all, in the order in which they came."""
        for participant in self.participants.values():
            participant.close()
        self.participants.clear()
        self.offered.clear()


class Host:
    """A loaded plugin, the participants that it registered, and what it says to a test."""

    def __init__(self, package: ModuleType, path: Path, mode: str) -> None:
        self.bmux = package
        self.plugin = package.load(path, mode)
        self.probe = BmuxProbe(path)
        self.registry = Registry(package)
        #: How many calls come too late, which a test says that provokes them.
        self.late = 0

    def register(self, *words: str, registry: Any = None) -> Registry:
        """Have the plugin register participants, by their kinds, or do what else a word says.

        ex) ``"counter=first"``, ``"then:7"``
        """
        others = ("then:", "keep")
        configuration = " ".join(
            word if word.startswith(others) else f"register:{word}" for word in words
        )
        self.plugin.activate(configuration.encode())
        self.plugin.register_stateful(registry or self.registry)
        return self.registry

    def event(self, text: str) -> None:
        self.plugin.handle_event(text.encode())

    def outcomes(self) -> list[str]:
        """What the plugin was told of its registrations."""
        lines = self.probe.journal("registered ")
        return [line.removeprefix("registered id=bmux.test/") for line in lines]

    def close(self) -> None:
        """End the participants; then nothing of the plugin is left."""
        self.registry.close()
        gc.collect()
        assert self.probe.live() == 0, "\n".join(self.probe.journal())
        self.plugin.deactivate(b"")
        assert self.probe.journal("deactivate participants=") == ["deactivate participants=0"]
