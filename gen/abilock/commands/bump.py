"""``abilock bump FILE``: the number that the changes since the last release need, written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from abilock.commands.outcome import BROKEN, FINDINGS, NOTHING_TO_REPORT, Outcome
from abilock.compat.verdict import judge
from abilock.config import find_config
from abilock.descriptions import STDIN, is_of_revision, is_release, shelf_of
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.emit.whole import write_whole
from abilock.lock.shelf import Shelf
from abilock.model.decls import Library
from abilock.pipeline import examine_description
from abilock.progress import Progress
from abilock.releases.agreed import Agreement, agreed_verdict
from abilock.releases.edits import Edit, Numbers, apply, edits, numbers
from abilock.releases.gate import report_taken, report_too_low
from abilock.releases.reading import read_release, sound_release, standing
from abilock.source import printable
from abilock.troubles import what_to_do


def bump(file: str, *, check_only: bool, progress: Progress) -> Outcome:
    """Write what a description has to say of its changes; with ``check_only``, report whether it says
    too little."""
    report = Report()
    if file == STDIN or is_of_revision(file) or is_release(file):
        report.add(
            catalog.FILE_UNREADABLE,
            None,
            f"{file} is no file that could be rewritten",
            hint="name the description, such as `abi/x.abi`",
        )
        return Outcome(BROKEN, report=report)
    shelf = shelf_of(file, report)
    if shelf is None:
        return Outcome(BROKEN, report=report)
    return _of(file, shelf, report, check_only, progress)


def _of(file: str, shelf: Shelf, report: Report, check_only: bool, progress: Progress) -> Outcome:
    examined = examine_description(file, report, progress=progress)
    library = examined.library if examined is not None else None
    lock = shelf.lock(report)
    if examined is None or library is None or lock is None:
        return Outcome(BROKEN, report=report)
    found = standing(library, lock)
    if found.before is None:
        told = f"no version before {library.version} was released, so that it may stay"
        return _unchanged(library, report, told)
    if found.is_released:
        told = f"{library.version} is released as it is: there is nothing to number"
        return _unchanged(library, report, told)
    old = sound_release(shelf, found.before, report)
    if old is None:
        return Outcome(FINDINGS, report=report)
    if found.same is None:
        config = find_config(Path(file).resolve().parent, Report())
        verdict = agreed_verdict(old, library, Agreement.of(config))
    else:
        verdict = judge(old, library)
    if found.same is None and verdict.is_honest:
        told = f"{library.version} says enough of what changed since {old.version}"
        return _unchanged(library, report, told)
    if check_only:
        (report_taken if found.same is not None else report_too_low)(found, verdict, report)
    newer = [each for each in lock.releases if each.version > found.before.version]
    later = [read_release(shelf, each, Report()) for each in newer]
    wanted = numbers(old, library, verdict, lock, [each for each in later if each is not None])
    text = report.sources[library.source].text
    changes = edits(examined.loaded.root, text, wanted)
    return _Change(file, library, wanted, changes, text).outcome(report, check_only)


def _unchanged(library: Library, report: Report, told: str) -> Outcome:
    data = _data(library, Numbers(library.version), False)
    return Outcome(NOTHING_TO_REPORT, report=report, remarks=(told,), data=data)


def _data(library: Library, wanted: Numbers, written: bool) -> dict[str, object]:
    return {
        "abi": library.name,
        "declared": str(library.version),
        "required": str(wanted.version),
        "numbers": list(wanted.compared),
        "written": written,
    }


@dataclass(frozen=True, slots=True)
class _Change:
    """What is to be written into a description."""

    file: str
    library: Library
    wanted: Numbers
    edits: tuple[Edit, ...]
    text: str

    def outcome(self, report: Report, check_only: bool) -> Outcome:
        """Write it, or with ``check_only`` only tell of it."""
        told = "".join(f"{self._line(each)}\n" for each in self.edits)
        data = _data(self.library, self.wanted, not check_only)
        if check_only:
            return Outcome(FINDINGS, told, report, data=data)
        try:
            # What is read has other line ends; those of the file stay what they are.
            raw = Path(self.file).read_bytes().decode("utf-8")
            write_whole([(Path(self.file), apply(raw, self.edits))])
        except OSError as error:
            report.add(
                catalog.OUTPUT_UNWRITABLE,
                None,
                f"cannot write {self.file}: {error.strerror or error}",
                hint=f"the file is as it was; {what_to_do(error)}",
            )
            return Outcome(BROKEN, report=report)
        return Outcome(NOTHING_TO_REPORT, told, report, data=data)

    def _line(self, edit: Edit) -> str:
        """ex) ``abi/shop.abi:1: 1.0.0 -> 2.0.0``"""
        line = self.text.count("\n", 0, edit.span.start) + 1
        before = self.text[edit.span.start : edit.span.end]
        return printable(f"{self.file}:{line}: {before} -> {edit.text}")
