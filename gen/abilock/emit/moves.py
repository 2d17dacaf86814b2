"""Carries a journal out, or undoes it. Both go over steps that were made already, so that either can
be cut off anywhere and begun again; both leave alone what somebody has edited in between.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from abilock.emit.disk import Kind
from abilock.emit.journal import Journal, Step
from abilock.emit.manifest import digest
from abilock.emit.paths import parents
from abilock.emit.staging import Staging
from abilock.emit.tree import Tree


class _State(Enum):
    OLD = "as it was before the run"
    NEW = "as the run makes it"
    GONE = "a file that is in neither"
    OTHER = "something that the run did not put there"


class Moves:
    """The steps of one journal, on one tree."""

    def __init__(self, tree: Tree, staging: Staging, journal: Journal) -> None:
        self._tree = tree
        self._disk = tree.disk
        self._staging = staging
        self._journal = journal
        self._removed = journal.removed

    def conflicts(self) -> list[str]:
        """Paths where something stands that the journal does not know.

        Raises:
            OSError: it cannot be told.
        """
        return [step.path for step in self._journal.steps if self._state(step) is _State.OTHER]

    def forward(self) -> list[str]:
        """Make every step; returns the paths that were left alone.

        Raises:
            OSError: the system refuses; some steps are made.
        """
        conflicts = []
        for step in self._journal.steps:
            match self._state(step):
                case _State.OTHER:
                    conflicts.append(step.path)
                case _State.OLD:
                    self._make(step)
                case _State.GONE if self._is_there(self._staging.new(step)):
                    self._make(step)
                case _State.NEW | _State.GONE:
                    pass
        self._tidy()
        self._sync()
        return conflicts

    def back(self) -> list[str]:
        """Undo every step; returns the paths that were left alone.

        Raises:
            OSError: the system refuses; some steps are undone.
        """
        conflicts = []
        folders_are_gone = False
        for step in reversed(self._journal.steps):
            # What was removed comes back last, perhaps where a folder of the run was.
            if step.new is None and not folders_are_gone:
                self._drop_made_folders()
                folders_are_gone = True
            match self._state(step):
                case _State.OTHER:
                    conflicts.append(step.path)
                case _State.NEW:
                    self._undo(step)
                case _State.GONE if self._is_there(self._staging.old(step)):
                    self._undo(step)
                case _State.OLD | _State.GONE:
                    pass
        if not folders_are_gone:
            self._drop_made_folders()
        self._sync()
        return conflicts

    def _state(self, step: Step) -> _State:
        sight = self._tree.look(step.path)
        if sight.kind is Kind.FOLDER:
            # A file may come where a folder goes, and the other way round.
            if step.new is not None and not self._tree.holds_only(step.path, self._removed):
                return _State.OTHER
            now = None
        elif sight.kind is Kind.FILE and sight.at == step.path:
            now = digest(sight.data or b"")
        elif sight.kind is Kind.NOTHING or (sight.kind is Kind.FILE and self._is_step(sight.at)):
            now = None
        else:
            return _State.OTHER
        if now == step.new:
            return _State.NEW
        if now == step.old:
            return _State.OLD
        return _State.GONE if now is None else _State.OTHER

    def _is_there(self, staged: Path) -> bool:
        # If not, then the step was made, and its file deleted since: the next comparison finds that.
        return self._disk.kind(staged) is Kind.FILE

    def _is_step(self, path: str) -> bool:
        return any(step.path == path for step in self._journal.steps)

    def _make(self, step: Step) -> None:
        place = self._tree.place(step.path)
        if step.new is None:
            self._disk.remove(place)
            return
        if self._disk.kind(place) is Kind.FOLDER:
            self._tree.drop_empty(step.path)
        self._tree.make_folders(step.path)
        self._disk.replace(self._staging.new(step), place)

    def _undo(self, step: Step) -> None:
        place = self._tree.place(step.path)
        if step.old is None:
            self._disk.remove(place)
            return
        self._tree.make_folders(step.path)
        self._disk.replace(self._staging.old(step), place)

    def _tidy(self) -> None:
        """Remove the folders that held nothing but what was removed."""
        for path in sorted(self._removed):
            for folder in reversed(parents(path)):
                if not self._tree.drop_folder(folder):
                    break

    def _drop_made_folders(self) -> None:
        for folder in reversed(self._journal.folders):
            self._tree.drop_folder(folder)

    def _sync(self) -> None:
        """See to it that the moves are on the disk before the journal goes."""
        places = {self._tree.place(step.path).parent for step in self._journal.steps}
        for place in sorted(places):
            if self._disk.kind(place) is Kind.FOLDER:
                self._disk.sync_folder(place)
