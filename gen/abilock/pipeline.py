"""The straight line: read → parse → check → lay out → views → render → files."""

from __future__ import annotations

from dataclasses import replace

from abilock.check import Examined, examine
from abilock.descriptions import open_description
from abilock.diagnostics.report import Report
from abilock.layout.disputes import report_disputes
from abilock.layout.engine import lay_out_all as lay_out_targets
from abilock.layout.limits import check_limits
from abilock.layout.shapes import Layout
from abilock.layout.target import find_target
from abilock.model.decls import Library
from abilock.progress import Progress, unseen
from abilock.syntax.loading import Loaded, Reader, load


def read_library(
    name: str,
    report: Report,
    reader: Reader | None = None,
    progress: Progress = unseen,
    *,
    shares: bool = False,
) -> Library | None:
    """The library that a description describes, or None after reporting why there is none.

    Args:
        name: a path, ``-`` for standard input, or ``REV:path.abi``; with a ``reader`` whatever that
            one reads.
        shares: whether slots that are written alike may have one signature; where things in it stand,
            ``Slot.place`` tells.
    """
    examined = examine_description(name, report, reader, progress, shares=shares)
    return None if examined is None or report.failed else examined.library


def examine_description(
    name: str,
    report: Report,
    reader: Reader | None = None,
    progress: Progress = unseen,
    *,
    shares: bool = False,
) -> Examined | None:
    """The same, with what is sound of it if something is wrong; None if it cannot be read."""
    progress(f"reading {name}")
    path, read = (name, reader) if reader is not None else open_description(name)
    loaded = load(path, read, report)
    if loaded is None:
        return None
    progress(f"checking {name}")
    if shares and not report.diagnostics:
        trial = Report()
        examined = _examined(loaded, trial, shares=True)
        # What is said names places: whoever has something to say looks at each slot by itself.
        if not trial.diagnostics:
            return examined
    return _examined(loaded, report, shares=False)


def _examined(loaded: Loaded, report: Report, *, shares: bool) -> Examined:
    examined = examine(loaded, report, shares=shares)
    # What is imported comes first: its headers are made as well, on targets of its own.
    examined.check_layouts(check_limits, report)
    for each in (*examined.sound.all_imports, examined.sound):
        report_disputes(replace(each, declarations=each.declared), report)
    return examined


def lay_out_all(library: Library) -> tuple[Layout, ...]:
    """The layouts of a library on all of its targets, in their order."""
    return lay_out_targets(library, [find_target(triple) for triple in library.targets])
