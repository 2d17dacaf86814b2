"""``abilock release FILE``: the version that a description has is frozen, and stays what it is."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from abilock.check import Examined
from abilock.commands.outcome import BROKEN, FINDINGS, NOTHING_TO_REPORT, Outcome
from abilock.compat.verdict import judge
from abilock.config import find_config
from abilock.descriptions import STDIN, is_of_revision, is_release, shelf_of
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Diagnostic, Report
from abilock.emit.lock import exclusive
from abilock.emit.whole import write_whole
from abilock.lock.fingerprint import fingerprint
from abilock.lock.frozen import Frozen, freeze, frozen_path
from abilock.lock.lockfile import Lock, Release
from abilock.lock.shelf import HISTORY, Shelf
from abilock.model.decls import Library
from abilock.pipeline import examine_description
from abilock.progress import Progress
from abilock.releases.agreed import Agreement, agreed_verdict
from abilock.releases.beside import Beside
from abilock.releases.gate import report_taken, report_too_low
from abilock.releases.reading import sound_release, standing
from abilock.releases.remembered import remember_current
from abilock.source import printable

_WAITING = "waiting for another abilock that is writing here"


def release(file: str, *, progress: Progress) -> Outcome:
    """Freeze a description under its version, unless that is taken or says less than what changed.

    A description that lies among the releases already, of a version from before there was a lock, is taken
    in where it is; what it changed was published, so that its number is not judged.
    """
    report = Report()
    if file == STDIN or is_of_revision(file) or is_release(file):
        report.add(
            catalog.FILE_UNREADABLE,
            None,
            f"{file} is no file that could be released",
            hint="name the description, such as `abi/x.abi`",
        )
        return Outcome(BROKEN, report=report)
    name = posixpath.normpath(file.replace("\\", "/") if "\\" in file else file)
    here = shelf_of(name, report)
    if here is None:
        return Outcome(BROKEN, report=report)
    config = find_config(Path(name).resolve().parent, Report())
    root = config.root if config is not None else Path(here.folder or ".")
    with exclusive(root, report, waiting=lambda: progress(_WAITING)) as held:
        if not held:
            return Outcome(BROKEN, report=report)
        outcome = _Run(name, here, report, progress, Agreement.of(config)).outcome()
    if config is not None and outcome.code == NOTHING_TO_REPORT:
        # A check that follows need not look again.
        remember_current(config)
    return outcome


@dataclass(frozen=True)
class _Run:
    """One release. ``here``: the releases of an ABI whose description is at ``name``. ``agreement``: what
    need not show in its number; whether that has ended is for a check to say."""

    name: str
    here: Shelf
    report: Report
    progress: Progress
    agreement: Agreement

    @property
    def is_past(self) -> bool:
        """Whether the description lies among the releases."""
        parts = PurePosixPath(self.name).parts
        return len(parts) > 2 and parts[-3:-1] == (HISTORY, self.here.abi)

    @property
    def shelf(self) -> Shelf:
        if not self.is_past:
            return self.here
        folder = posixpath.dirname(posixpath.dirname(posixpath.dirname(self.name)))
        return Shelf(self.here.store, folder, self.here.abi)

    def outcome(self) -> Outcome:
        report = self.report
        examined = examine_description(self.name, report, progress=self.progress)
        if examined is None or examined.library is None or report.failed:
            return Outcome(BROKEN, report=report)
        library = examined.library
        lock = self.shelf.lock(report)
        if lock is None:
            return Outcome(BROKEN, report=report)
        found = standing(library, lock)
        if found.same is not None and found.same.meaning == fingerprint(library):
            return self._again(library, found.same)
        if found.same is not None and self._is_its_text(found.same, examined, library):
            remark = (
                f"the line of {library.name} {library.version} has its meaning as it is seen now"
            )
            return self._write(examined, library, lock, (remark,))
        if not self._may_be_named_so(library, lock):
            return Outcome(BROKEN, report=report)
        is_honest, remarks = self._judged(library, lock)
        if not is_honest:
            return Outcome(FINDINGS, report=report)
        return self._write(examined, library, lock, remarks)

    def _again(self, library: Library, same: Release) -> Outcome:
        named = f"{library.name} {library.version}"
        if not self.shelf.verify(same, self.report):
            return Outcome(FINDINGS, report=self.report)
        data = self._data(library, same.meaning, [])
        remark = f"{named} is released already, as it is"
        return Outcome(NOTHING_TO_REPORT, report=self.report, remarks=(remark,), data=data)

    def _is_its_text(self, same: Release, examined: Examined, library: Library) -> bool:
        """Whether this is the text of a release, in which another abilock saw another meaning."""
        if not self.is_past or not same.is_sealed(library.name):
            return False
        frozen = freeze(examined.loaded, library.version, self.report.sources)
        return frozen.digest == same.text

    def _may_be_named_so(self, library: Library, lock: Lock) -> bool:
        """Whether the version can be the name of a file of its own."""
        version = str(library.version)
        if self.is_past and PurePosixPath(self.name).name != frozen_path(library.version):
            self.report.add(
                catalog.RELEASE_UNLISTED,
                None,
                f"{self.name} is {library.name} {version}, and lies among the releases under another name",
                hint=f"call it {frozen_path(library.version)}",
            )
            return False
        for each in lock.releases:
            other = str(each.version)
            if other != version and other.lower() == version.lower():
                self.report.add(
                    catalog.VERSION_TAKEN,
                    None,
                    f"{library.name} {other} is released, and some systems mix up {version} with it",
                    hint="choose another number",
                )
                return False
        return True

    def _judged(self, library: Library, lock: Lock) -> tuple[bool, tuple[str, ...]]:
        """Whether the description can have its version, reported if not; and what is to be said of it
        where that cannot be helped."""
        found = standing(library, lock)
        shelf, report = self.shelf, self.report
        remarks: tuple[str, ...] = ()
        if found.before is not None:
            old = sound_release(shelf, found.before, report)
            if old is None:
                return False, ()
            if found.same is not None:
                report_taken(found, judge(old, library), report)
                return False, ()
            verdict = agreed_verdict(old, library, self.agreement)
            if not verdict.is_honest and not self.is_past:
                report_too_low(found, verdict, report)
                return False, ()
            if not verdict.is_honest:
                named = f"{library.name} {library.version}"
                remarks = (
                    f"note: {named} changed more than its number says; it would have needed"
                    f" {verdict.required}",
                )
        return self._judged_beside(library, lock, remarks)

    def _judged_beside(
        self, library: Library, lock: Lock, remarks: tuple[str, ...]
    ) -> tuple[bool, tuple[str, ...]]:
        """The same, by the releases that it does not follow."""
        found = Report(sources=self.report.sources)
        for each in Beside(library, self.shelf, lock).comparisons(found):
            each.tell(agreed_verdict(each.old, each.new, self.agreement), found)
        if self.is_past:
            return True, (*remarks, *(f"note: {each.message}" for each in found.diagnostics))
        self.report.take_over(found)
        return not found.failed, remarks

    def _write(
        self, examined: Examined, library: Library, lock: Lock, remarks: tuple[str, ...]
    ) -> Outcome:
        shelf, report = self.shelf, self.report
        frozen = freeze(examined.loaded, library.version, report.sources)
        if not self._is_free(frozen, library):
            return Outcome(FINDINGS, report=report)
        meaning = fingerprint(library)
        line = Release.of(library.name, library.version, meaning, frozen.digest)
        texts = {posixpath.join(shelf.history, path): text for path, text in frozen.files.items()}
        # What is imported comes before what imports it, and the lock, which names it all, last.
        files = [*reversed(texts.items()), (shelf.lock_path, lock.with_release(line).text())]
        try:
            write_whole([(Path(path), text) for path, text in files])
        except OSError as error:
            report.add(
                catalog.OUTPUT_UNWRITABLE,
                None,
                f"{error.filename or shelf.lock_path}: {error.strerror or error}",
                hint="nothing was released; run again when the cause is gone",
            )
            return Outcome(BROKEN, report=report)
        written = [path for path, _ in files]
        text = f"released {library.name} {library.version}\n"
        text += "".join(f"wrote {printable(path)}\n" for path in written)
        data = self._data(library, meaning, written)
        return Outcome(NOTHING_TO_REPORT, text, report, remarks, data)

    def _is_free(self, frozen: Frozen, library: Library) -> bool:
        """Whether nothing else stands where the release goes. A run that died has left the same."""
        shelf = self.shelf
        if self.is_past:
            return True
        for path, text in frozen.files.items():
            place = posixpath.join(shelf.history, path)
            there = shelf.store.read(place)
            if there is not None and there.replace("\r\n", "\n") != text:
                self.report.include(
                    Diagnostic(
                        catalog.RELEASE_UNLISTED,
                        f"{place} is there, is not what {self.name} says, and was never released",
                        None,
                        f"`abilock release {shelf.path(library.version)}` takes it in; or remove it",
                        subject=place,
                    )
                )
                return False
        return True

    def _data(self, library: Library, meaning: str, written: list[str]) -> dict[str, object]:
        return {
            "abi": library.name,
            "version": str(library.version),
            "meaning": meaning,
            "written": written,
        }
