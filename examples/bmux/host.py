"""A host of bmux plugins: loads them, lets them take part in snapshots, and ends them in order."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bmux
import contexts
from autosave import Autosave
from orchestrator import Orchestrator, Outcome, Registry

log = logging.getLogger("bmux.host")


@dataclass(frozen=True)
class Loaded:
    """A plugin, and what its manifest calls it."""

    id: str
    plugin: bmux.Plugin


class Host:
    """Plugins of a folder, and the snapshot of their state.

    ex) ``with Host(data) as host: host.start(plugins); host.save()``
    """

    def __init__(self, data: Path, mode: str | None = None, debounce: float | None = None) -> None:
        """
        Args:
            data: the folder of everything that is kept.
            mode: of the binding, see docs/python.md.
            debounce: how many seconds after the last event a save comes by itself; without it, none does.
        """
        self.folders = contexts.Folders(data, data, data, data)
        self.registry = Registry()
        self.orchestrator = Orchestrator(self.registry, data / "runtime" / "bmux-snapshot-v1.json")
        self.plugins: list[Loaded] = []
        self.autosave = None if debounce is None else Autosave(self.save, debounce)
        self._mode = mode

    def start(self, folder: Path) -> Outcome:
        """Load and activate every plugin of a folder, then restore what they had. A plugin that is refused
        or fails concerns nobody else."""
        for found in bmux.discover(folder, self._mode):
            if isinstance(found, bmux.LoadError):
                log.warning("refused: %s", found)
            else:
                self._activate(found)
        return self.orchestrator.restore()

    def _activate(self, plugin: bmux.Plugin) -> None:
        # The handshake has read the manifest, and compared its ranges with this host's versions.
        plugin_id = tomllib.loads(plugin.manifest).get("id")
        if not isinstance(plugin_id, str):
            log.warning("refused: %s: its manifest has no `id`", plugin.path)
            return
        loaded = Loaded(plugin_id, plugin)
        context = contexts.lifecycle(loaded.id, self.folders)
        try:
            if plugin.offers("activate"):
                plugin.activate(context)
            self.plugins.append(loaded)
            if plugin.offers("register_stateful"):
                plugin.register_stateful(self.registry)
        except bmux.AbiError as error:
            log.warning("%s: %s", loaded.id, error)

    def event(self, kind: str, payload: str) -> None:
        """Tell every plugin of an event, which may change what it keeps."""
        encoded = contexts.event(kind, payload)
        self._each("handle_event", lambda each: each.plugin.handle_event(encoded))
        if self.autosave is not None:
            self.autosave.changed()

    def save(self) -> Outcome:
        """Write the snapshot.

        Raises:
            OSError: the disk refuses. The old snapshot is as it was.
        """
        return self.orchestrator.save()

    def stop(self) -> None:
        """Save what is not saved yet, if that is wanted; drop the participants; then deactivate the
        plugins, the last one first."""
        if self.autosave is not None:
            self.autosave.stop()
        self.registry.close()
        self.plugins.reverse()
        self._each(
            "deactivate",
            lambda each: each.plugin.deactivate(contexts.lifecycle(each.id, self.folders)),
        )
        self.plugins.clear()

    def _each(self, entry: str, call: Callable[[Loaded], None]) -> None:
        for loaded in self.plugins:
            if not loaded.plugin.offers(entry):
                continue
            try:
                call(loaded)
            except bmux.AbiError as error:
                log.warning("%s: %s", loaded.id, error)

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
