"""``abilock history FILE``: what each release changed, which number that needed, and which it took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from abilock.commands.outcome import BROKEN, FINDINGS, NOTHING_TO_REPORT, Outcome
from abilock.compat.findings import Loader, Verdict, version_text
from abilock.compat.verdict import judge
from abilock.descriptions import STDIN, find_release, find_shelf, is_of_revision, is_release
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.lock.lockfile import Lock
from abilock.lock.shelf import Shelf
from abilock.model.decls import Library
from abilock.pipeline import read_library
from abilock.present.verdict_data import verdict_data
from abilock.progress import Progress
from abilock.releases.reading import sound_release, standing
from abilock.source import SourceFile, printable


@dataclass(frozen=True, slots=True)
class _Step:
    """One release, and what became of the ABI since the one before it; the first has nothing before."""

    library: Library
    is_released: bool
    before: Library | None = None
    verdict: Verdict | None = None


def history(file: str, *, progress: Progress) -> Outcome:
    """Judge every release by the one before it, and the description by the last, if it is not released.

    ``file``: a description, or the name of an ABI that the configuration lists; or a release, which is the
    last one then.
    """
    report = Report()
    found = _until(file, report) if is_release(file) else _all(file, report)
    if found is None:
        return Outcome(BROKEN, report=report)
    shelf, lock = found
    steps = list(_judged(list(_found(file, shelf, lock, report, progress)), progress))
    code = FINDINGS if report.failed else NOTHING_TO_REPORT
    remarks = () if lock.releases else (f"no version of {shelf.abi} was released so far",)
    text = "".join(f"{printable(line)}\n" for step in steps for line in _lines(step))
    data = {"abi": shelf.abi, "releases": [_plain(step, report.sources) for step in steps]}
    return Outcome(code, text, report, remarks, data)


def _all(file: str, report: Report) -> tuple[Shelf, Lock] | None:
    inner = Report()
    shelf = find_shelf(file, inner)
    if shelf is None and (file == STDIN or is_of_revision(file) or Path(file).is_dir()):
        report.add(
            catalog.UNKNOWN_RELEASE,
            None,
            f"{file} is no description that lies beside its releases",
            hint="name the file, such as `abi/x.abi`, or the ABI; `x@1.2.0` tells of those up to that one",
        )
        return None
    report.take_over(inner)
    lock = shelf.lock(report) if shelf is not None else None
    return (shelf, lock) if shelf is not None and lock is not None else None


def _until(name: str, report: Report) -> tuple[Shelf, Lock] | None:
    found = find_release(name, report)
    if found is None:
        return None
    shelf, lock, last = found
    return shelf, Lock(
        lock.abi, tuple(each for each in lock.releases if each.version <= last.version)
    )


def _found(
    file: str, shelf: Shelf, lock: Lock, report: Report, progress: Progress
) -> Iterator[_Step]:
    """Every release that can be read, and the description behind the one that it follows."""
    current = _unreleased(file, lock, report) if Path(file).suffix == ".abi" else None
    for release in lock.releases:
        if current is not None and current.library.version < release.version:
            yield current
            current = None
        progress(f"reading {shelf.abi} {release.version}")
        library = sound_release(shelf, release, report)
        if library is not None:
            yield _Step(library, True)
    if current is not None:
        yield current


def _unreleased(file: str, lock: Lock, report: Report) -> _Step | None:
    library = read_library(file, report)
    if library is None or standing(library, lock).is_released:
        return None
    return _Step(library, False)


def _judged(found: list[_Step], progress: Progress) -> Iterator[_Step]:
    yield from found[:1]
    for former, step in pairwise(found):
        progress(f"comparing {former.library.version} and {step.library.version}")
        old, new = former.library, step.library
        yield _Step(new, step.is_released, old, judge(old, new))


# --- for people


def _lines(step: _Step) -> Iterator[str]:
    """ex) ``0.8.0 -> 0.8.1: breaking; needed 0.9.0, took 0.8.1; …``, then a line per change"""
    version = f"{step.library.version}"
    if not step.is_released:
        version += f" ({step.library.source}, not released)"
    if step.before is None or step.verdict is None:
        yield f"{version}: the first"
        return
    verdict = step.verdict
    head = f"{step.before.version} -> {version}"
    if verdict.level is None:
        yield f"{head}: nothing changed"
        return
    number = _number_text(step.library, verdict)
    yield f"{head}: {verdict.level.value}; {number}; {_loader_text(verdict.loader)}"
    for finding in verdict.findings:
        yield f"    {finding.rule.code} {finding.level.value}: {finding.message}"


def _number_text(library: Library, verdict: Verdict) -> str:
    """Which number the changes needed, and which it took: the one that plugins tell, where that is not
    the version."""
    needed = version_text(verdict.required, verdict.required_numbers)
    taken = version_text(verdict.declared, verdict.declared_numbers)
    is_own = verdict.declared == str(library.version)
    if not verdict.is_honest:
        return f"needed {needed}, {'took' if is_own else 'plugins tell'} {taken}"
    told = "" if is_own else f", plugins tell {taken}"
    return f"the number says so (needed {needed}{told})"


def _loader_text(loader: Loader) -> str:
    """What the declared rule does with mixes of the two."""
    mixes = (
        ("an old plugin", loader.accepts_old_plugin, loader.should_accept_old_plugin),
        ("a new plugin", loader.accepts_new_plugin, loader.should_accept_new_plugin),
    )
    wrong = [who for who, accepts, should in mixes if accepts and not should]
    needless = [who for who, accepts, should in mixes if should and not accepts]
    if wrong:
        return f"the loader wrongly accepts {' and '.join(wrong)}"
    if needless:
        return f"the loader needlessly refuses {' and '.join(needless)}"
    return "the loader is right"


# --- for scripts


def _plain(step: _Step, sources: Mapping[str, SourceFile]) -> dict[str, Any]:
    """A release as `abilock diff` tells a verdict, and what the loader does with each of the mixes."""
    data: dict[str, Any] = {
        "version": str(step.library.version),
        "released": step.is_released,
        "previous": None if step.before is None else str(step.before.version),
    }
    if step.verdict is None:
        return data
    verdict = step.verdict
    told = verdict_data(verdict, sources)
    return data | told | {"honest": verdict.is_honest, "loader": _loader(verdict.loader)}


def _loader(loader: Loader) -> dict[str, Any]:
    accepts = {
        "old_plugin_new_host": loader.accepts_old_plugin,
        "new_plugin_old_host": loader.accepts_new_plugin,
    }
    should = {
        "old_plugin_new_host": loader.should_accept_old_plugin,
        "new_plugin_old_host": loader.should_accept_new_plugin,
    }
    return {"accepts": accepts, "should": should, "caught": not loader.accepts_wrongly}
