"""What is known of the plugins of other releases: every release judged against a description.

Verdicts are remembered by what they depend on, so that a release is read and judged once.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from abilock.compat.context import Described
from abilock.compat.findings import Finding, Level, Verdict
from abilock.compat.outcomes import Outcome
from abilock.compat.verdict import judge
from abilock.compat.versions import release_of
from abilock.diagnostics.report import Report
from abilock.lock.fingerprint import fingerprint
from abilock.lock.lockfile import Lock, Release
from abilock.lock.shelf import Shelf
from abilock.memory import Memory
from abilock.model.decls import Library
from abilock.model.known import Fit, KnownRelease, Promise
from abilock.model.prints import fingerprint_of_all
from abilock.model.version import Version
from abilock.model.witness import rows
from abilock.progress import Progress
from abilock.releases.kept import read_kept, written
from abilock.releases.promises import promises
from abilock.releases.reading import read_release, sound_release
from abilock.source import SourceFile
from abilock.syntax.machine import lexemes

#: What a description means does not depend on these.
_WITHOUT_MEANING = frozenset("WHITESPACE LINE_COMMENT BLOCK_COMMENT FILE_DOC DOC".split())


def known_releases(
    library: Library,
    shelf: Shelf,
    lock: Lock,
    sources: Mapping[str, SourceFile],
    memory: Memory,
    read: dict[str, Library | None],
    report: Report,
    progress: Progress,
) -> tuple[KnownRelease, ...]:
    """Every release in the lock, as hosts of the description fare with its plugins. What is not what was
    released is reported, and nothing is known of it.

    Args:
        sources: the texts of the description and of what it imports.
        memory: where verdicts are found again.
        read: releases that were read already, by their paths; more are added.
    """
    key = _key(library, sources)
    meant = cache(lambda: fingerprint(library))
    judged = cache(lambda: Described.of(library, is_reused=True))
    kept = _Kept(shelf, lock, memory, read, report)
    found = []
    for release in lock.releases:
        own = hashlib.sha256(f"{key} {release.meaning} {release.text}".encode()).hexdigest()
        known = _read(release.version, memory.get(own))
        if known is None:
            progress(f"judging {shelf.abi} {release.version}")
            past = kept.read(release)
            if past is None:
                continue
            known = _judged(release, past, judged(), release.meaning == meant())
            memory[own] = _written(known)
        found.append(known)
    kept.save()
    return tuple(found)


def known_release(
    library: Library, shelf: Shelf, version: Version
) -> tuple[Library, KnownRelease] | None:
    """One release, if it is as it was released, and how hosts of the description fare with its plugins."""
    unsaid = Report()
    lock = shelf.lock(unsaid)
    release = lock.find(version) if lock is not None else None
    past = sound_release(shelf, release, unsaid) if release is not None else None
    if release is None or past is None:
        return None
    is_same = release.meaning == fingerprint(library)
    return past, _judged(release, past, Described.of(library), is_same)


class _Kept:
    """The releases of one ABI as libraries: read once, and kept together."""

    def __init__(
        self,
        shelf: Shelf,
        lock: Lock,
        memory: Memory,
        read: dict[str, Library | None],
        report: Report,
    ) -> None:
        self._shelf = shelf
        self._lock = lock
        self._memory = memory
        self._read = read
        self._report = report
        self._texts = {shelf.path(each.version): each.text for each in lock.releases}
        told = f"{_code()} {sys.version_info[:2]} {sorted(self._texts.items())}"
        self._key = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
        self._is_new = False

    def read(self, release: Release) -> Library | None:
        """What a release describes; None after reporting why that is not known."""
        path = self._shelf.path(release.version)
        if path not in self._read:
            # Of one that is not what was released, nothing is known, whatever is kept of it.
            is_whole = self._shelf.verify(release, self._report)
            self._read[path] = self._known.get(path) or self._anew(release) if is_whole else None
        return self._read[path]

    def _anew(self, release: Release) -> Library | None:
        self._is_new = True
        return read_release(self._shelf, release, self._report)

    @cached_property
    def _known(self) -> Mapping[str, Library]:
        return read_kept(self._memory.get(self._key)) or {}

    def save(self) -> None:
        """Keep them, if all of them were read by now."""
        found = {path: self._read.get(path) for path in self._texts}
        whole = {path: each for path, each in found.items() if each is not None}
        if self._is_new and len(whole) == len(self._texts):
            self._memory[self._key] = written(whole)


# --- judging


def _judged(release: Release, past: Library, side: Described, is_same: bool) -> KnownRelease:
    told = _told(past)
    theirs = tuple(row for group in rows(past) for row in group)
    witness = fingerprint_of_all(theirs)
    if is_same:
        return KnownRelease(release.version, told, Fit.SAME, witness)
    is_older = release.version <= side.library.version
    verdict = judge(past, side) if is_older else judge(side, past)
    here, there = _harmful(verdict, is_older), _harmful(verdict, not is_older)
    others = tuple(promises(theirs, side.library, verdict if is_older else None))
    if not here:
        fit = Fit.FITS_HERE if there else Fit.FITS
        said = _what_differs(verdict, is_older)
        return KnownRelease(release.version, told, fit, witness, said, promises=others)
    first = here[0]
    reason = _reason(_cell(first, is_older), first, len(here) - 1)
    return KnownRelease(release.version, told, Fit.REFUSED, witness, reason, first.subject, others)


def _told(past: Library) -> str | int | None:
    if past.compat.is_version:
        return past.compared
    return release_of(past).number if past.compat.is_number else None


def _harmful(verdict: Verdict, is_old_plugin: bool) -> Sequence[Finding]:
    """What harms an old plugin under the newer host, or the other way round. What was promised to nobody
    in particular is broken for everybody; but a source that has to be changed is no harm to what is
    compiled."""
    return [
        each
        for each in verdict.findings
        if each.level is Level.BREAKING
        and (
            not _cell(each, is_old_plugin).is_fine
            or (each.cells.binary.are_fine and each.cells.source.are_fine)
        )
    ]


def _cell(finding: Finding, is_old_plugin: bool) -> Outcome:
    binary = finding.cells.binary
    return binary.old_plugin_new_host if is_old_plugin else binary.new_plugin_old_host


def _reason(suffered: Outcome, first: Finding, others: int) -> str:
    """ex) ``calls the wrong function: `Shop.open` was added before others; 2 more changes``"""
    more = f"; {others} more change{'s' if others > 1 else ''}" if others else ""
    does = f"one side {suffered.value}: " if not suffered.is_fine else ""
    return f"{does}{first.message}{more}"


def _what_differs(verdict: Verdict, is_old_plugin: bool) -> str:
    """ex) ``3 changes; what plugins of it lack is not used``"""
    count = len(verdict.findings)
    if not count:
        return ""
    told = f"{count} change{'s' if count > 1 else ''}"
    if any(_cell(each, is_old_plugin) is Outcome.GATED for each in verdict.findings):
        return f"{told}; what is newer than its plugins is not used"
    return told


# --- remembering


def _key(library: Library, sources: Mapping[str, SourceFile]) -> str:
    """Everything that a verdict depends on beside the release. Docs and blanks are not among it."""
    total = hashlib.sha256(_code().encode())
    for path in sorted({library.source, *(each.source for each in library.all_imports)}):
        source = sources.get(path)
        words = tuple(_words(source)) if source is not None else ()
        total.update(repr((path == library.source, words)).encode("utf-8", "surrogatepass"))
    return total.hexdigest()


def _words(source: SourceFile) -> Iterator[str]:
    for kind, start, end in lexemes(source.text):
        if kind not in _WITHOUT_MEANING:
            yield source.text[start:end]


@cache
def _code() -> str:
    """A digest of the code that judges, and of all that it is made with."""
    total = hashlib.sha256()
    root = Path(__file__).parents[1]
    for part in ("check", "compat", "layout", "lock", "model", "releases", "syntax"):
        for path in sorted((root / part).rglob("*.py")):
            total.update(path.relative_to(root).as_posix().encode())
            total.update(path.read_bytes())
    return total.hexdigest()


def _written(known: KnownRelease) -> str:
    others = [[each.element, each.contract, each.text] for each in known.promises]
    said = [known.told, known.fit.value, known.witness, known.reason, known.element]
    return json.dumps([*said, others])


def _read(version: Version, text: str | None) -> KnownRelease | None:
    try:
        found: Any = None if text is None else json.loads(text)
        if found is None:
            return None
        told, fit, witness, reason, element, others = found
        said = tuple(Promise(str(name), int(print_), str(text)) for name, print_, text in others)
        known = (str(witness), str(reason), str(element))
        return KnownRelease(version, told, Fit(fit), *known, said)
    except (ValueError, TypeError):
        return None
