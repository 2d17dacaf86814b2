"""Files to disk: only what changed, only what is ours, whole or not at all.

A run first compares, and writes nothing if anything is in the way. Then it puts all new content, and
a second name for every file that it is going to replace, into a staging folder, and last a journal
that lists the steps. If the system refuses one of them, the steps before it are undone. A run that is
killed before there is a journal leaves the tree as it was; one that is killed behind it is completed,
or undone, by the next run.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Diagnostic, Report
from abilock.emit.difference import unified_diff
from abilock.emit.disk import Disk, Kind
from abilock.emit.journal import Journal
from abilock.emit.manifest import Manifest, parse_manifest
from abilock.emit.merges import put_aside
from abilock.emit.moves import Moves
from abilock.emit.paths import MANIFEST, STAGING
from abilock.emit.plan import Finding, Plan, Wanted, compare
from abilock.emit.staging import Staging
from abilock.emit.tree import Tree

_AS_IT_WAS = "the tree was left as it was; run again when the cause is gone"
_MIXED = "the tree is half-written; `abilock generate` puts it right when the cause is gone"


class Writer:
    """Writes below one output folder.

    Args:
        folder: the output folder; it need not exist.
        root: the folder of the configuration, which the output folder must not lead out of.
        name: the output folder as messages name it, relative to ``root``.
    """

    def __init__(self, folder: Path, root: Path, name: str, disk: Disk | None = None) -> None:
        self._tree = Tree(folder, root, name, disk or Disk())
        self._staging = Staging(self._tree)

    # --- comparing

    def plan(self, wanted: Wanted, report: Report) -> Plan | None:
        """How the tree differs from what is wanted; None after reporting why that is not known."""
        try:
            if not self._tree.is_usable(report):
                return None
            known = self._read_manifest(report)
            return None if known is None else compare(self._tree, known, wanted)
        except OSError as error:
            self._refused(error, report, _AS_IT_WAS)
            return None

    def interruption(self) -> Finding | None:
        """What to say if a run died while it moved files, so that the tree is a mixture."""
        try:
            if not self._staging.has_journal():
                return None
        except OSError:
            return None  # whatever is wrong there is found when the tree is compared
        name = self._tree.name
        return Finding(
            catalog.OUTPUT_STALE,
            name,
            f"a run was interrupted while it wrote {name}",
            "run `abilock generate`, which completes it",
        )

    def merge_conflict(self, plan: Plan) -> Finding | None:
        """What to say if git has put two versions of the tree together, in place of what is wrong with
        each file."""
        if not plan.heals_merge:
            return None
        return Finding(
            catalog.OUTPUT_MERGED,
            self._tree.name,
            "merge conflict in generated files",
            "run `abilock generate`",
        )

    def diff(self, plan: Plan) -> str:
        """A unified diff from what is there to what would be."""
        return unified_diff(self._tree, plan)

    def _read_manifest(self, report: Report) -> Manifest | None:
        """What the last run wrote; empty if there was none, None if it cannot be read."""
        shown = self._tree.shown(MANIFEST)
        sight = self._tree.look(MANIFEST)
        if sight.kind is Kind.NOTHING:
            return Manifest()
        if sight.data is not None:
            return parse_manifest(sight.data, shown, report)
        report.add(
            catalog.OUTPUT_ESCAPES if sight.kind is Kind.LINK else catalog.OUTPUT_NOT_OURS,
            None,
            f"{shown} is {sight.kind.value}, where the manifest should go",
            hint="move or delete it, or choose another `output`",
        )
        return None

    # --- writing

    def write(self, plan: Plan, report: Report, *, force: bool = False) -> bool:
        """Make the tree what the plan says. False after reporting why it stayed as it was.

        With ``force``, files of ours that were edited by hand are overwritten.
        """
        blockers = plan.blockers(force=force)
        if blockers:
            add_findings(blockers, report)
            return False
        if not plan.changes:
            return True
        try:
            merged = {change.path: change.before or b"" for change in plan.merged}
            put_aside(self._tree.root, merged)
            journal = self._staging.prepare(plan.changes)
            conflicts = Moves(self._tree, self._staging, journal).conflicts()
        except OSError as error:
            self._staging.discard()
            self._refused(error, report, _AS_IT_WAS)
            return False
        except BaseException:
            self._staging.discard()
            raise
        if conflicts:
            self._staging.discard()
            self._left_alone(conflicts, "while abilock ran", report)
            return False
        with _uninterrupted():
            try:
                self._staging.commit(journal)
            except OSError as error:
                self._staging.discard()
                self._refused(error, report, _AS_IT_WAS)
                return False
            return self._carry_out(journal, report)

    def recover(self, report: Report) -> bool:
        """Complete or undo what a run that died left behind, or clear it away. False after reporting
        what could not be put right."""
        try:
            if not self._tree.is_usable(report):
                return False
            kind = self._staging.kind()
            if kind not in (Kind.FOLDER, Kind.NOTHING):
                self._not_a_folder(kind, report)
                return False
            found = self._staging.read()
        except OSError as error:
            self._refused(error, report, _AS_IT_WAS)
            return False
        if found is None:
            self._staging.discard()
            return True
        journal, is_undo = found
        with _uninterrupted():
            return (self._undo if is_undo else self._carry_out)(journal, report)

    def _carry_out(self, journal: Journal, report: Report) -> bool:
        try:
            conflicts = Moves(self._tree, self._staging, journal).forward()
            self._staging.close()
        except OSError as error:
            self._undo(journal, report, error)
            return False
        self._staging.discard()
        self._left_alone(conflicts, "after a run was interrupted", report)
        return not conflicts

    def _undo(self, journal: Journal, report: Report, cause: OSError | None = None) -> bool:
        try:
            self._staging.turn_back()
            conflicts = Moves(self._tree, self._staging, journal).back()
            self._staging.close()
        except OSError as error:
            self._refused(cause or error, report, _MIXED)
            return False
        self._staging.discard()
        if cause is not None:
            self._refused(cause, report, _AS_IT_WAS)
        self._left_alone(conflicts, "after a run was interrupted", report)
        return not conflicts

    # --- saying what went wrong

    def _left_alone(self, paths: Iterable[str], when: str, report: Report) -> None:
        for path in paths:
            report.add(
                catalog.OUTPUT_EDITED,
                None,
                f"{self._tree.shown(path)} was changed {when}, and was left alone",
                hint="run again; keep what you need of it elsewhere, if it is in the way then",
            )

    def _not_a_folder(self, kind: Kind, report: Report) -> None:
        report.add(
            catalog.OUTPUT_ESCAPES if kind is Kind.LINK else catalog.OUTPUT_NOT_OURS,
            None,
            f"{self._tree.shown(STAGING)} is {kind.value}, where abilock keeps its own files",
            hint="move or delete it",
        )

    def _refused(self, error: OSError, report: Report, hint: str) -> None:
        shown = self._shown(error)
        report.add(
            catalog.OUTPUT_UNWRITABLE, None, f"{shown}: {error.strerror or error}", hint=hint
        )

    def _shown(self, error: OSError) -> str:
        """The file that an error is about, relative to the configuration."""
        for name in (error.filename2, error.filename):
            if isinstance(name, str):
                try:
                    return Path(name).relative_to(self._tree.root).as_posix()
                except ValueError:
                    return Path(name).as_posix()
        return self._tree.name


def add_findings(findings: Iterable[Finding], report: Report) -> None:
    """Put findings into a report."""
    for finding in findings:
        report.include(
            Diagnostic(
                finding.code,
                finding.message,
                None,
                finding.hint,
                subject=finding.subject,
                about=finding.about,
                group=finding.group,
            )
        )


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Holds signals back while files are moved, which takes some milliseconds."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    held = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
