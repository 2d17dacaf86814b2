"""What changed in a description since files were generated from it, and the version that this needs.

What it was is known from the cache, if the files there are those that were made of it; else it is what the
last commit has, and that is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from abilock.compat.findings import Verdict
from abilock.compat.verdict import judge
from abilock.config import Config
from abilock.descriptions import revision_reader
from abilock.diagnostics.report import Report
from abilock.emit.described import described
from abilock.lock.fingerprint import fingerprint
from abilock.model.decls import Library
from abilock.pipeline import read_library
from abilock.releases.agreed import Agreement, agreed_verdict
from abilock.releases.gate import shelves
from abilock.releases.reading import sound_release, standing
from abilock.source import SourceFile
from abilock.syntax.loading import Reader

#: What the last commit is called.
_COMMIT = "HEAD"


@dataclass(frozen=True, slots=True)
class Progressed:
    """``since``: in words. ``released``: what changed since the release that a description follows, without
    what is agreed on; None if it follows none, or is one."""

    library: Library
    verdict: Verdict
    since: str
    released: Verdict | None


def progressed(
    config: Config, library: Library, texts: Mapping[str, str], made: str | None
) -> Progressed | None:
    """What changed in a description; None if nothing did, or if it is not known what it was.

    Args:
        texts: those of it and of what it imports, by their paths.
        made: the digest of the files that there are of it.
    """
    kept = described(config.root, library.source, made) if made is not None else None
    if kept is not None:
        since, reader = "since it was generated", _reader(kept)
    else:
        since, reader = f"since {_COMMIT}", revision_reader(_COMMIT, config.root)
    report = Report()
    old = read_library(library.source, report, reader)
    if old is None or old.name != library.name:
        return None
    if {path: each.text for path, each in report.sources.items()} == dict(texts):
        return None
    verdict = judge(old, library)
    if not verdict.findings:
        return None
    return Progressed(library, verdict, since, _released(config, library, old, verdict))


def _reader(texts: Mapping[str, str]) -> Reader:
    def read(name: str, report: Report) -> SourceFile | None:
        if name not in texts:
            return None
        source = SourceFile(name, texts[name])
        report.add_source(source)
        return source

    return read


def _released(config: Config, library: Library, old: Library, verdict: Verdict) -> Verdict | None:
    ((shelf, _),) = shelves(config, {library.source: library})
    try:
        lock = shelf.lock(Report())
        found = standing(library, lock) if lock is not None else None
        if found is None or found.before is None or found.is_released:
            return None
        before = found.before
        if not config.accept and (before.version, before.meaning) == (
            old.version,
            fingerprint(old),
        ):
            return verdict
        release = sound_release(shelf, before, Report())
    except OSError:
        return None
    return agreed_verdict(release, library, Agreement.of(config)) if release is not None else None
