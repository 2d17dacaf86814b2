"""What is known of the plugins of other releases: every release judged against a description.

Verdicts are remembered by what they depend on, so that a release is read and judged once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from abilock.compat.findings import Finding, Level, Verdict
from abilock.compat.outcomes import Outcome
from abilock.compat.verdict import judge
from abilock.compat.versions import release_of
from abilock.diagnostics.report import Report
from abilock.lock.fingerprint import fingerprint
from abilock.lock.lockfile import Lock, Release
from abilock.lock.shelf import Shelf
from abilock.model.decls import Library
from abilock.model.known import Fit, KnownRelease
from abilock.model.version import Version
from abilock.progress import Progress
from abilock.releases.reading import read_release
from abilock.source import SourceFile
from abilock.syntax.machine import lexemes

#: Rules that compare what plugins tell as text.
_TEXT = ("exact", "major.minor", "semver")
#: What a description means does not depend on these.
_WITHOUT_MEANING = frozenset("WHITESPACE LINE_COMMENT BLOCK_COMMENT FILE_DOC DOC".split())


class Memory(Protocol):
    """Texts by key. A dictionary is one."""

    def get(self, key: str, /) -> str | None: ...

    def __setitem__(self, key: str, text: str, /) -> None: ...


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
    found = []
    for release in lock.releases:
        own = hashlib.sha256(f"{key} {release.meaning} {release.text}".encode()).hexdigest()
        known = _read(release.version, memory.get(own))
        if known is None:
            progress(f"judging {shelf.abi} {release.version}")
            path = shelf.path(release.version)
            if path not in read:
                is_whole = shelf.verify(release, report)
                read[path] = read_release(shelf, release, report) if is_whole else None
            past = read[path]
            if past is None:
                continue
            known = _judged(release, past, library)
            memory[own] = _written(known)
        found.append(known)
    return tuple(found)


# --- judging


def _judged(release: Release, past: Library, library: Library) -> KnownRelease:
    told = _told(past)
    if release.meaning == fingerprint(library):
        return KnownRelease(release.version, told, Fit.SAME)
    is_older = release.version <= library.version
    verdict = judge(past, library) if is_older else judge(library, past)
    here, there = _harmful(verdict, is_older), _harmful(verdict, not is_older)
    if not here:
        fit = Fit.FITS_HERE if there else Fit.FITS
        return KnownRelease(release.version, told, fit, _what_differs(verdict, is_older))
    first = here[0]
    reason = _reason(_cell(first, is_older), first, len(here) - 1)
    return KnownRelease(release.version, told, Fit.REFUSED, reason, first.subject)


def _told(past: Library) -> str | int | None:
    rule = past.compat.rule
    if rule in _TEXT:
        return past.compared
    return release_of(past).number if rule in ("integer", "accepts") else None


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
    return json.dumps([known.told, known.fit.value, known.reason, known.element])


def _read(version: Version, text: str | None) -> KnownRelease | None:
    try:
        found: Any = None if text is None else json.loads(text)
        if found is None:
            return None
        told, fit, reason, element = found
        return KnownRelease(version, told, Fit(fit), str(reason), str(element))
    except (ValueError, TypeError):
        return None
