"""Who takes part in snapshots, and how all of them are saved and restored together."""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import bmux
import snapshot_file
from snapshot_file import Section, SnapshotFileError

log = logging.getLogger("bmux.snapshots")


class Registry:
    """The participants, in the order in which they came.

    It is the Python side of the table ``BmuxStatefulRegistry``: any class with this method is, and what it
    raises is the status that the plugin in C gets.
    """

    abi_version = bmux.STATEFUL_ABI_VERSION

    def __init__(self) -> None:
        self._participants: dict[str, bmux.StatefulPlugin] = {}

    def register_plugin(self, plugin: bmux.StatefulPlugin) -> None:
        if plugin.abi_version != bmux.STATEFUL_ABI_VERSION:
            raise bmux.CallError(
                f"ABI {plugin.abi_version} is unknown", bmux.RegisterStatus.UNSUPPORTED_ABI
            )
        name = plugin.id()
        # Half a surrogate is no text: no file could hold this name.
        if not all(name.partition("/")) or re.search("[\ud800-\udfff]", name):
            raise bmux.CallError(
                f"{name!r} is no namespace/name", bmux.RegisterStatus.INVALID_PLUGIN
            )
        if name in self._participants:
            raise bmux.CallError(f"{name!r} is taken", bmux.RegisterStatus.DUPLICATE_ID)
        self._participants[name] = plugin

    def get(self, name: str) -> bmux.StatefulPlugin | None:
        return self._participants.get(name)

    def all(self) -> list[tuple[str, bmux.StatefulPlugin]]:
        return list(self._participants.items())

    def close(self) -> None:
        """Drop every participant, once."""
        while self._participants:
            name = next(iter(self._participants))
            participant = self._participants.pop(name)
            # Those that plugins registered have an end; a participant written in Python need not.
            if isinstance(participant, bmux.StatefulPluginProxy):
                participant.close()


@dataclass
class Outcome:
    """What a save or a restore did to each participant."""

    done: list[str] = field(default_factory=list)
    #: Why each of these failed; the others are not concerned.
    failed: dict[str, str] = field(default_factory=dict)
    #: Restored: a version that the participant does not know any more. It starts from its defaults.
    reset: list[str] = field(default_factory=list)
    #: Sections of participants that are not there. They stay in the file.
    unknown: list[str] = field(default_factory=list)


class Orchestrator:
    """Saves what all participants hand out into one file, and gives it back to them.

    A failure, on save or restore, stays with its participant. A participant that cannot be saved keeps the
    last section that was good, and so does one that is not there today.
    """

    def __init__(self, registry: Registry, path: Path) -> None:
        self.registry = registry
        self.path = path
        self._kept: dict[str, Section] = {}
        self._unreadable = False
        # One save or restore at a time; participants are free to be called by others meanwhile.
        self._lock = threading.Lock()

    def restore(self) -> Outcome:
        """Give every participant its section, in the order of the file.

        A file that cannot be understood restores nothing. The next save puts it aside.
        """
        outcome = Outcome()
        with self._lock:
            try:
                sections = snapshot_file.read(self.path) or []
            except (SnapshotFileError, OSError) as error:
                log.error("%s: %s; starting with default state", self.path.name, error)
                self._unreadable = True
                return outcome
            self._unreadable = False
            for section in sections:
                self._kept[section.id] = section
                self._restore_one(section, outcome)
        return outcome

    def _restore_one(self, section: Section, outcome: Outcome) -> None:
        participant = self.registry.get(section.id)
        if participant is None:
            log.info("%s is not here; its section is kept", section.id)
            outcome.unknown.append(section.id)
            return
        try:
            participant.restore(section.version, section.data)
        except bmux.StatefulPluginError as error:
            if error.status == bmux.StatefulStatus.UNSUPPORTED_VERSION:
                # Not an accident: the state is of another age, and its owner starts anew.
                log.debug("%s knows versions %s", section.id, error.expected)
                outcome.reset.append(section.id)
                del self._kept[section.id]
                return
            outcome.failed[section.id] = str(error)
        except Exception as error:
            outcome.failed[section.id] = repr(error)
        else:
            outcome.done.append(section.id)
            return
        log.warning("%s was not restored: %s", section.id, outcome.failed[section.id])

    def save(self) -> Outcome:
        """Ask every participant, in the order of registration, and replace the file.

        Raises:
            OSError: the disk refuses. The old file is as it was.
        """
        outcome = Outcome()
        with self._lock:
            sections: dict[str, Section] = {}
            for name, participant in self.registry.all():
                section = self._saved(name, participant, outcome)
                if section is not None:
                    sections[name] = section
            for name, section in self._kept.items():
                if name not in sections and self.registry.get(name) is None:
                    outcome.unknown.append(name)
                    sections[name] = section
            aside = self._aside() if self._unreadable else None
            snapshot_file.write(self.path, list(sections.values()), aside)
            self._unreadable = False
            self._kept = sections
        return outcome

    def _aside(self) -> Path:
        """A name that is free: what was put aside before may be somebody's only copy."""
        names = (f"{self.path.name}.unreadable{number or ''}" for number in count())
        return next(each for each in map(self.path.with_name, names) if not each.exists())

    def _saved(
        self, name: str, participant: bmux.StatefulPlugin, outcome: Outcome
    ) -> Section | None:
        try:
            snapshot = participant.snapshot()
            section = Section(name, snapshot.version, snapshot.data)
        except Exception as error:
            outcome.failed[name] = str(error) or repr(error)
            log.warning("%s was not saved: %s", name, outcome.failed[name])
            return self._kept.get(name)
        outcome.done.append(name)
        return section
