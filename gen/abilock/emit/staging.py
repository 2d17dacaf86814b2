"""The folder in the output folder where a run keeps new files, copies of old ones, and its journal.

While there is no journal, nothing in it matters. Where there is one, everything that it takes to
finish the run, or to undo it, is there.
"""

from __future__ import annotations

import re
from pathlib import Path

from abilock.emit.disk import Kind
from abilock.emit.journal import Journal, Step, parse_journal
from abilock.emit.manifest import digest
from abilock.emit.paths import STAGING
from abilock.emit.plan import Change
from abilock.emit.tree import Tree

_JOURNAL = "journal.json"
#: The journal's name once the run is being undone, so that nobody takes it up again.
_UNDO = "undo.json"
_NEW_JOURNAL = "journal.new"
_IGNORE = ".gitignore"
_OURS = re.compile(rf"\d+\.(?:new|old)|{re.escape(_NEW_JOURNAL)}|{re.escape(_IGNORE)}")


class Staging:
    """The staging folder of a tree, which need not exist."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._disk = tree.disk
        self._folder = tree.place(STAGING)
        #: Folders that this run has made to reach it, outermost first.
        self._made: list[Path] = []

    def kind(self) -> Kind:
        """What stands in its place.

        Raises:
            OSError: it cannot be told.
        """
        return self._disk.kind(self._folder)

    def new(self, step: Step) -> Path:
        """The content that a step brings."""
        return self._folder / f"{step.number}.new"

    def old(self, step: Step) -> Path:
        """The file that a step replaces or removes, under a second name."""
        return self._folder / f"{step.number}.old"

    def has_journal(self) -> bool:
        """Whether a run died while it changed the tree, so that the tree is a mixture."""
        return self.kind() is Kind.FOLDER and any(
            self._disk.kind(self._folder / name) is Kind.FILE for name in (_JOURNAL, _UNDO)
        )

    def read(self) -> tuple[Journal, bool] | None:
        """The journal of a run that died, and whether it was being undone; None if there is none.

        Raises:
            OSError: it cannot be read.
        """
        if self.kind() is not Kind.FOLDER:
            return None
        for name, is_undo in ((_UNDO, True), (_JOURNAL, False)):
            path = self._folder / name
            if self._disk.kind(path) is Kind.FILE:
                journal = parse_journal(self._disk.read(path))
                if journal is not None:
                    return journal, is_undo
        return None

    def prepare(self, changes: tuple[Change, ...]) -> Journal:
        """Put everything that ``changes`` take into the folder; the journal is not written yet.

        Raises:
            OSError: the system refuses.
        """
        self._make_folder()
        self._disk.write(self._folder / _IGNORE, b"*\n")
        steps = []
        folders: dict[str, None] = {}
        for number, change in enumerate(changes):
            before, after = change.before, change.after
            step = Step(
                number,
                change.path,
                None if before is None else digest(before),
                None if after is None else digest(after),
            )
            if after is not None:
                self._disk.write(self.new(step), after)
                folders.update(dict.fromkeys(self._tree.missing_folders(change.path)))
            if before is not None:
                self._disk.keep(self._tree.place(change.path), self.old(step))
            steps.append(step)
        return Journal(tuple(steps), tuple(folders))

    def commit(self, journal: Journal) -> None:
        """Write the journal: from here on the run is finished or undone, by whoever comes next.

        Raises:
            OSError: the system refuses, and there is no journal.
        """
        self._disk.write(self._folder / _NEW_JOURNAL, journal.data())
        self._disk.replace(self._folder / _NEW_JOURNAL, self._folder / _JOURNAL)
        self._disk.sync_folder(self._folder)

    def turn_back(self) -> None:
        """Note that the run is being undone.

        Raises:
            OSError: the system refuses.
        """
        if self._disk.kind(self._folder / _JOURNAL) is Kind.FILE:
            self._disk.replace(self._folder / _JOURNAL, self._folder / _UNDO)

    def close(self) -> None:
        """Take the journal away: what it lists is done, or undone.

        Raises:
            OSError: the system refuses, and it is still there.
        """
        for name in (_UNDO, _JOURNAL):
            if self._disk.kind(self._folder / name) is Kind.FILE:
                self._disk.remove(self._folder / name)

    def discard(self) -> None:
        """Remove what a run leaves here, as far as the system lets us; the next run tries again."""
        try:
            if self.kind() is Kind.FOLDER:
                self._empty()
                self._disk.remove_folder(self._folder)
            for folder in reversed(self._made):
                self._disk.remove_folder(folder)
        except OSError:
            return  # something of others is in it, or it cannot be removed now

    def _empty(self) -> None:
        names = self._disk.names(self._folder)
        # The ignore file goes last, so that git never sees a part.
        for name in sorted(names, key=lambda name: name == _IGNORE):
            if _OURS.fullmatch(name) or name in (_JOURNAL, _UNDO):
                self._disk.remove(self._folder / name)

    def _make_folder(self) -> None:
        missing = [self._folder]
        while self._disk.kind(missing[-1].parent) is Kind.NOTHING:
            missing.append(missing[-1].parent)
        for folder in reversed(missing):
            if folder != self._folder or self._disk.kind(folder) is Kind.NOTHING:
                self._disk.make_folder(folder)
                if folder != self._folder:
                    self._made.append(folder)
