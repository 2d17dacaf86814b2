"""``abilock bump FILE``: the number that the changes since the last release need, written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from abilock.check import Examined
from abilock.check.words import nodes
from abilock.commands.outcome import BROKEN, FINDINGS, NOTHING_TO_REPORT, Outcome
from abilock.compat.findings import Level, Verdict
from abilock.compat.verdict import judge
from abilock.config import find_config
from abilock.descriptions import STDIN, is_of_revision, is_release, open_description, shelf_of
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.emit.whole import write_whole
from abilock.lock.lockfile import Lock, Release
from abilock.lock.shelf import Shelf
from abilock.model.decls import Library
from abilock.model.version import Version
from abilock.pipeline import examine_description, read_library
from abilock.progress import Progress
from abilock.releases.agreed import Agreement, agreed_verdict
from abilock.releases.edits import (
    Edit,
    Numbers,
    apply,
    edits,
    numbers,
    tells_another,
    told_text,
)
from abilock.releases.gate import report_taken, report_too_low
from abilock.releases.reading import read_release, sound_release, standing
from abilock.source import SourceFile, printable
from abilock.syntax import ast
from abilock.syntax.tokens import abi_words
from abilock.troubles import what_to_do

#: How many changes are told.
_SHOWN = 5


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
    ahead = None
    if examined is not None and library is None:
        ahead = _ahead(file, examined, report, progress)
        # Which release it follows, the number that it has says.
        library = ahead and replace(ahead, version=examined.sound.version)
    if examined is None or library is None or lock is None:
        return Outcome(BROKEN, report=report)
    found = standing(library, lock)
    # What it has to be judged as is what it says of its newest elements.
    judged = ahead or library
    if found.before is None and ahead is not None:
        # Then its newest element says which release it follows.
        place = standing(ahead, lock)
        found = replace(found, same=place.same, before=place.before)
    if found.before is None and ahead is None:
        told = f"no version before {library.version} was released, so that it may stay"
        return _unchanged(library, report, told)
    text = report.sources[library.source].text
    if found.before is None or (ahead is not None and found.is_released):
        wanted = _first(judged)
        changes = edits(examined.loaded.root, text, wanted)
        return _Change(file, library, wanted, changes, text).outcome(report, check_only)
    if found.is_released:
        told = f"{library.version} is released as it is: there is nothing to number"
        return _unchanged(library, report, told)
    old = sound_release(shelf, found.before, report)
    if old is None:
        return Outcome(FINDINGS, report=report)
    if found.same is None:
        config = find_config(Path(file).resolve().parent, Report())
        verdict = agreed_verdict(old, judged, Agreement.of(config))
    else:
        verdict = judge(old, judged)
    if found.same is None and ahead is None and verdict.is_honest:
        told = f"{library.version} says enough of what changed since {old.version}"
        return _unchanged(library, report, told)
    if check_only:
        is_taken = found.same is not None and found.same.version == library.version
        (report_taken if is_taken else report_too_low)(found, verdict, report)
    wanted = numbers(old, judged, verdict, lock, _others(shelf, lock, found.before))
    changes = edits(examined.loaded.root, text, wanted)
    outcome = _Change(file, library, wanted, changes, text).outcome(report, check_only)
    is_written = outcome.code == NOTHING_TO_REPORT
    return replace(outcome, remarks=tuple(_breaking(verdict))) if is_written else outcome


def _first(library: Library) -> Numbers:
    """What a description says that no release is before, being as new as its newest element."""
    told = library.compared_version if tells_another(library) else None
    return Numbers(library.version, told=told)


def _others(shelf: Shelf, lock: Lock, before: Release) -> Iterator[Library]:
    """Every release but one, each read when it is asked for."""
    for each in lock.releases:
        library = read_release(shelf, each, Report()) if each != before else None
        if library is not None:
            yield library


def _breaking(verdict: Verdict) -> Iterator[str]:
    """What breaks, and the compatible way to say it: a number is for good once it is released."""
    found = [each for each in verdict.findings if each.level is Level.BREAKING]
    for each in found[:_SHOWN]:
        yield f"breaking {each.rule.code}: {each.message}"
        if each.hint is not None:
            yield f"  hint: {each.hint}"
    if len(found) > _SHOWN:
        yield f"and {len(found) - _SHOWN} more"


def _ahead(file: str, examined: Examined, report: Report, progress: Progress) -> Library | None:
    """What a description means that has elements of a newer version than it says, as the version of the
    newest; None where something else is wrong with it. What was said of those elements is taken back."""
    root = examined.loaded.root
    spans = {each.span for each in report.diagnostics if each.code is catalog.FUTURE_VERSION}
    found = (each for each in nodes(root.items) if isinstance(each, ast.Attribute))
    given = [each.arguments[0] for each in found if each.span in spans and each.arguments]
    texts = (each.text for each in given if isinstance(each, ast.VersionLiteral))
    versions = [version for each in texts if (version := Version.parse(each)) is not None]
    raised = _raised(root, report.sources[root.path].text, max(versions)) if versions else None
    if raised is None:
        return None

    def read(name: str, into: Report) -> SourceFile | None:
        source = open_description(name)[1](name, into)
        if source is None or name != root.path:
            return source
        return SourceFile(name, raised)

    again = Report()
    library = read_library(root.path, again, read, progress)
    if library is not None:
        report.drop(lambda each: each.code is catalog.FUTURE_VERSION)
    return library


def _raised(root: ast.File, text: str, version: Version) -> str | None:
    """A description with another version in which elements are new: that of the ABI, or the one that
    plugins tell; None where it has none."""
    told, words = told_text(root), abi_words(text)
    if words is None:
        return None
    own = text[slice(*words[1])]
    found = Version.parse(own)
    if found is None:
        return None
    wanted = Numbers(version) if told is None else Numbers(found, told=version)
    return apply(text, edits(root, text, wanted))


def _unchanged(library: Library, report: Report, told: str) -> Outcome:
    data = _data(library, Numbers(library.version), False)
    return Outcome(NOTHING_TO_REPORT, report=report, remarks=(told,), data=data)


def _data(library: Library, wanted: Numbers, written: bool) -> dict[str, object]:
    return {
        "abi": library.name,
        "declared": str(library.version),
        "required": str(wanted.version),
        "numbers": list(wanted.compared),
        "told": None if wanted.told is None else str(wanted.told),
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
