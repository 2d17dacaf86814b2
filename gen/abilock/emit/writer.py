"""Files to disk: only what changed, only what is ours, whole or not at all.

A run first compares, and writes nothing if anything is in the way. Then it puts all new content into
a staging folder, and a journal that lists the moves. A run that dies before the journal leaves the
tree as it was; one that dies behind it is completed by the next run, which finds the journal.
"""

from __future__ import annotations

import difflib
import json
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.emit import manifest as manifests
from abilock.emit.disk import Disk
from abilock.emit.fileset import FileSet
from abilock.emit.manifest import Entry, Manifest, digest, is_plain, parse_manifest

STAGING = ".abilock-staging"
_JOURNAL = "journal.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """What differs. ``write``: new content by path; ``remove``: paths of ours that nothing makes any
    more; ``before``: what stands at each of these paths now."""

    write: Mapping[str, bytes]
    remove: tuple[str, ...]
    before: Mapping[str, bytes | None]
    manifest: Manifest

    @property
    def is_empty(self) -> bool:
        return not self.write and not self.remove


class Writer:
    """Writes below one output folder.

    Args:
        folder: the output folder; it need not exist.
        root: the folder of the configuration, which the output folder must not lead out of.
        name: the output folder as messages name it.
    """

    def __init__(self, folder: Path, root: Path, name: str, disk: Disk | None = None) -> None:
        self._folder = folder
        self._root = root
        self._name = name
        self._disk = disk or Disk()

    # --- comparing

    def read_manifest(self, report: Report) -> Manifest | None:
        """What the last run wrote; empty if there was none, None if it cannot be read."""
        try:
            data = self._disk.read(self._folder / manifests.FILE_NAME)
        except OSError as error:
            self._refused(manifests.FILE_NAME, error, report)
            return None
        if data is None:
            return Manifest()
        return parse_manifest(data, f"{self._name}/{manifests.FILE_NAME}", report)

    def is_interrupted(self) -> bool:
        """Whether a run died while it moved files, so that the tree is a mixture."""
        return (self._folder / STAGING / _JOURNAL).is_file()

    def plan(
        self,
        files: FileSet,
        abis: Mapping[str, str],
        sources: Mapping[str, str],
        report: Report,
        *,
        keep: frozenset[str],
        force: bool,
    ) -> Plan | None:
        """How the tree differs from ``files``; None after reporting what is in the way.

        Args:
            abis: the description of each path in ``files``.
            sources: SHA-256 of each description.
            keep: descriptions that this run does not make; their files stay.
            force: take files that were edited by hand or are not ours.
        """
        known = self.read_manifest(report)
        if known is None or not self._is_inside(report):
            return None
        entries = {path: entry for path, entry in known.files.items() if entry.abi in keep}
        write: dict[str, bytes] = {}
        before: dict[str, bytes | None] = {}
        for made in files:
            entries[made.path] = Entry(made.output, abis[made.path], made.sha256)
            now = self._read(made.path, report)
            if now != made.data:
                write[made.path], before[made.path] = made.data, now
                if now is not None and not force:
                    self._check_ours(made.path, now, known, report)
        remove = []
        for path, entry in known.files.items():
            if path in entries:
                continue
            now = self._read(path, report)
            if now is None:
                continue
            remove.append(path)
            before[path] = now
            if digest(now) != entry.sha256 and not force:
                self._report_edited(path, report)
        kept_sources = {abi: sha for abi, sha in known.sources.items() if abi in keep}
        manifest = Manifest(entries, {**kept_sources, **sources})
        text = manifest.text().encode("utf-8")
        now = self._read(manifests.FILE_NAME, report)
        if now != text:
            write[manifests.FILE_NAME], before[manifests.FILE_NAME] = text, now
        return None if report.failed else Plan(write, tuple(sorted(remove)), before, manifest)

    def _is_inside(self, report: Report) -> bool:
        real, root = self._folder.resolve(), self._root.resolve()
        if real != root and root in real.parents:
            return True
        report.add(
            catalog.OUTPUT_ESCAPES,
            None,
            f"{self._name} leads out of the project, to {real}",
            hint="remove the link, or choose another `output`",
        )
        return False

    def _read(self, path: str, report: Report) -> bytes | None:
        """What stands at a path below the folder; links and folders there are reported."""
        at = self._folder
        parts = PurePosixPath(path).parts
        for index, part in enumerate(parts):
            at = at / part
            shown = f"{self._name}/{'/'.join(parts[: index + 1])}"
            if at.is_symlink():
                report.add(
                    catalog.OUTPUT_ESCAPES,
                    None,
                    f"{shown} is a symbolic link, and generated files are not written through links",
                    hint="remove the link",
                )
                return None
            is_last = index == len(parts) - 1
            if (is_last and at.is_dir()) or (not is_last and at.is_file()):
                report.add(
                    catalog.OUTPUT_NOT_OURS,
                    None,
                    f"{shown} is a {'folder' if is_last else 'file'}, where a generated"
                    f" {'file' if is_last else 'folder'} should go",
                    hint="move it, or choose another `output`",
                )
                return None
        try:
            return self._disk.read(at)
        except OSError as error:
            self._refused(path, error, report)
            return None

    def _check_ours(self, path: str, now: bytes, known: Manifest, report: Report) -> None:
        if path == manifests.FILE_NAME:
            return
        entry = known.files.get(path)
        if entry is None:
            report.add(
                catalog.OUTPUT_NOT_OURS,
                None,
                f"{self._name}/{path} is there already, and abilock did not write it",
                hint="move it, or overwrite it with `--force`",
            )
        elif digest(now) != entry.sha256:
            self._report_edited(path, report)

    def _report_edited(self, path: str, report: Report) -> None:
        report.add(
            catalog.OUTPUT_EDITED,
            None,
            f"{self._name}/{path} was edited since it was generated",
            hint="make the change in the description, then overwrite the file with `--force`",
        )

    # --- saying what differs

    def check(self, plan: Plan, report: Report) -> None:
        """Report every difference; nothing is written."""
        known = self.read_manifest(Report()) or Manifest()
        if self.is_interrupted():
            report.add(
                catalog.OUTPUT_STALE,
                None,
                f"a run was interrupted while it wrote {self._name}",
                hint="`abilock generate` completes it",
            )
        for path in plan.write:
            shown = f"{self._name}/{path}"
            now = plan.before[path]
            entry = known.files.get(path)
            if now is None:
                code, what = catalog.OUTPUT_MISSING, "is missing"
            elif entry is not None and digest(now) != entry.sha256:
                code, what = catalog.OUTPUT_EDITED, "was edited since it was generated"
            else:
                code, what = catalog.OUTPUT_STALE, "is not what the descriptions say now"
            report.add(code, None, f"{shown} {what}", hint="run `abilock generate`")
        for path in plan.remove:
            report.add(
                catalog.OUTPUT_SURPLUS,
                None,
                f"{self._name}/{path} is not generated any more",
                hint="run `abilock generate`, which removes it",
            )

    def diff(self, plan: Plan) -> str:
        """A unified diff from what is there to what would be."""
        text = []
        for path in sorted({*plan.write, *plan.remove} - {manifests.FILE_NAME}):
            before, after = plan.before[path], plan.write.get(path)
            text += difflib.unified_diff(
                _lines(before),
                _lines(after),
                f"a/{self._name}/{path}" if before is not None else "/dev/null",
                f"b/{self._name}/{path}" if after is not None else "/dev/null",
            )
        return "".join(text)

    # --- writing

    def write(self, plan: Plan, report: Report) -> bool:
        """Make the tree what the plan says. False after reporting why it stayed as it was."""
        if plan.is_empty:
            return True
        staging = self._folder / STAGING
        try:
            self._stage(plan, staging)
        except OSError as error:
            self._refused(STAGING, error, report)
            self._discard(staging)
            return False
        except BaseException:
            self._discard(staging)
            raise
        with _uninterrupted():
            return self._commit(staging, report)

    def recover(self, report: Report) -> bool:
        """Complete what a run that died left behind, or clear it away."""
        staging = self._folder / STAGING
        if self.is_interrupted():
            with _uninterrupted():
                return self._commit(staging, report)
        if staging.is_dir() and not staging.is_symlink():
            self._discard(staging)
        return True

    def _stage(self, plan: Plan, staging: Path) -> None:
        disk = self._disk
        disk.make_folder(staging)
        disk.write(staging / ".gitignore", b"*\n")
        moves = []
        for number, (path, data) in enumerate(plan.write.items()):
            disk.make_folder((self._folder / path).parent)
            disk.write(staging / f"{number}", data)
            moves.append([f"{number}", path])
        journal = {"moves": moves, "remove": list(plan.remove)}
        disk.write(staging / "journal.new", json.dumps(journal).encode())
        disk.replace(staging / "journal.new", staging / _JOURNAL)

    def _commit(self, staging: Path, report: Report) -> bool:
        """Carry the journal out; what it lists may be done already, in part or in whole."""
        disk = self._disk
        try:
            journal = json.loads((disk.read(staging / _JOURNAL) or b"").decode("utf-8"))
            moves = [(str(s), str(t)) for s, t in journal["moves"]]
            removals = [str(path) for path in journal["remove"]]
            if not all(is_plain(path) for path in (*removals, *(p for m in moves for p in m))):
                raise ValueError
        except (ValueError, KeyError, TypeError):
            self._discard(staging)
            return True
        try:
            for staged, path in moves:
                if (staging / staged).is_file():
                    disk.make_folder((self._folder / path).parent)
                    disk.replace(staging / staged, self._folder / path)
            for path in removals:
                disk.remove(self._folder / path)
                self._remove_empty_parents(path)
            disk.remove(staging / _JOURNAL)
        except OSError as error:
            self._refused(error.filename or STAGING, error, report)
            return False
        self._discard(staging)
        return True

    def _remove_empty_parents(self, path: str) -> None:
        for parent in PurePosixPath(path).parents:
            if str(parent) == "." or not self._disk.remove_folder_if_empty(self._folder / parent):
                return

    def _discard(self, staging: Path) -> None:
        try:
            self._disk.remove_tree(staging)
            self._disk.remove_folder_if_empty(self._folder)
        except OSError:
            return  # the next run tries again

    def _refused(self, path: str, error: OSError, report: Report) -> None:
        report.add(
            catalog.OUTPUT_UNWRITABLE,
            None,
            f"{self._name}/{path}: {error.strerror or error}",
            hint="the tree was left as it was; run again when the cause is gone",
        )


def _lines(data: bytes | None) -> list[str]:
    return (data or b"").decode("utf-8", "replace").splitlines(keepends=True)


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
