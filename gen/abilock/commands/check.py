"""``abilock check``: every gate at once, and nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from abilock.commands.generate import generate, read_config, select, up_to_date
from abilock.commands.outcome import BROKEN, FINDINGS, NOTHING_TO_REPORT, Outcome
from abilock.config import Config
from abilock.diagnostics.report import Report
from abilock.emit import stamp
from abilock.progress import Progress

if TYPE_CHECKING:
    from abilock.model.decls import Library


def check(
    files: Sequence[str], *, config: str | None, against: str | None = None, progress: Progress
) -> Outcome:
    """Descriptions are right, generated files are what they say, releases are what was released, and
    versions say what changed since.

    ``against``: a git revision; what is released there is unchanged here.
    """
    report = Report()
    found = read_config(config, report)
    if found is None:
        return Outcome(BROKEN, report=report, is_findings=True)
    if not files and against is None and _is_known(found):
        remarks = (up_to_date(found),)
        return Outcome(
            NOTHING_TO_REPORT, remarks=remarks, data={}, is_findings=True, root=found.root
        )
    outcome = generate(
        files, config=config, check_only=True, diff_only=False, force=False, progress=progress
    )
    names = select(found, files, report)
    return outcome if report.failed else _with_releases(outcome, found, names, against, progress)


def _is_known(config: Config) -> bool:
    return stamp.is_current(config) and stamp.are_releases_current(config)


def _with_releases(
    outcome: Outcome, config: Config, names: Sequence[str], against: str | None, progress: Progress
) -> Outcome:
    """What was found, and what there is to say of releases."""
    from abilock.emit.lock import exclusive
    from abilock.releases.against import check_against
    from abilock.releases.gate import check_all

    report, inner = outcome.report, Report()
    # One that is being made would look like one that somebody has put there.
    with exclusive(config.root, inner, leave_no_trace=True) as held:
        if not held:
            return outcome
        libraries = _libraries(config, names, inner, progress)
        progress("checking releases")
        try:
            check_all(config, names, libraries, inner)
        except OSError as error:
            _report_unreadable(error, inner)
        broken = against is not None and not check_against(against, config, libraries, inner)
    report.sources.update(inner.sources)
    for each in inner.diagnostics:
        report.include(each)
    if not inner.failed:
        return outcome
    code = BROKEN if broken or outcome.code == BROKEN else FINDINGS
    return replace(outcome, code=code, remarks=())


def _report_unreadable(error: OSError, report: Report) -> None:
    from abilock.diagnostics import catalog

    name = error.filename or "a release"
    report.add(catalog.FILE_UNREADABLE, None, f"cannot read {name}: {error.strerror or error}")


def _libraries(
    config: Config, names: Sequence[str], report: Report, progress: Progress
) -> dict[str, Library]:
    """The descriptions that are right; what is wrong with others was told."""
    from abilock.descriptions import root_reader
    from abilock.pipeline import read_library

    libraries: dict[str, Library] = {}
    for name in names:
        own = Report()
        library = read_library(name, own, root_reader(config.root), progress)
        if library is not None:
            report.sources.update(own.sources)
            libraries[name] = library
    return libraries
