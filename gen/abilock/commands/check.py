"""``abilock check``: every gate at once; nothing is written but what the next one need not find out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from abilock.commands.compilers import ask, remembered
from abilock.commands.generate import generate, read_config, select, up_to_date
from abilock.commands.outcome import BROKEN, FINDINGS, NOTHING_TO_REPORT, Outcome, refused
from abilock.config import Acceptance, Config, parse_date
from abilock.diagnostics.report import Diagnostic, Report
from abilock.emit import stamp
from abilock.progress import Progress

if TYPE_CHECKING:
    from abilock.model.decls import Library
    from abilock.releases.agreed import Comparison


def check(
    files: Sequence[str],
    *,
    config: str | None,
    against: str | None = None,
    today: str | None = None,
    progress: Progress,
) -> Outcome:
    """Descriptions are right, generated files are what they say, compilers agree with layouts, releases are
    what was released, and versions say what changed since, but for what the configuration accepts.

    Args:
        against: a git revision; what is released there is unchanged here.
        today: the day by which ends of exceptions are judged; the present one in UTC if it is None.
    """
    report = Report()
    if today is not None and parse_date(today) is None:
        return refused(
            f"`--today` is a date as 2030-01-31, and not {today!r}",
            "without it, exceptions end by the day that it is",
        )
    found = read_config(config, report)
    if found is None:
        return Outcome(BROKEN, report=report, is_findings=True)
    # Exceptions end while nothing else changes.
    is_known = not files and against is None and not found.accept and _is_known(found)
    told = remembered(found) if is_known else None
    if told is not None:
        return Outcome(
            NOTHING_TO_REPORT,
            remarks=(up_to_date(found), *told.remarks),
            data={"compilers": told.data},
            is_findings=True,
            root=found.root,
            checked=found.abi,
            is_everything=True,
        )
    outcome = generate(
        files,
        config=config,
        check_only=True,
        diff_only=False,
        force=False,
        progress=progress,
        remembers=True,
    )
    outcome = replace(outcome, is_everything=True)
    names = select(found, files, report)
    if report.failed:
        return outcome
    return _with_releases(outcome, found, names, against, today, progress)


def _is_known(config: Config) -> bool:
    return stamp.is_current(config) and stamp.are_releases_current(config)


def _with_releases(
    outcome: Outcome,
    config: Config,
    names: Sequence[str],
    against: str | None,
    today: str | None,
    progress: Progress,
) -> Outcome:
    """What was found, and what there is to say of releases and exceptions."""
    from abilock.emit.lock import exclusive
    from abilock.releases.against import compare_against
    from abilock.releases.gate import compare_all

    report, inner = outcome.report, Report()
    # One that is being made would look like one that somebody has put there.
    with exclusive(config.root, inner, leave_no_trace=True) as held:
        if not held:
            return outcome
        libraries = _libraries(config, names, inner, progress)
        progress("checking releases")
        compared = compare_all(config, names, libraries, inner)
        since = compare_against(against, config, libraries, inner) if against is not None else []
    asked = ask(config, libraries, inner, progress)
    # What nobody could compare does not tell which exceptions are needed.
    known = {name: each for name, each in libraries.items() if name not in compared.unsound}
    is_whole = set(names) == set(config.abi) == set(known)
    comparisons = (*compared.comparisons, *(since or ()))
    agreed = _settle(comparisons, config, known, today, is_whole, inner)
    report.take_over(inner)
    data: dict[str, object] = {**(outcome.data or {}), "compilers": asked.data}
    if config.accept:
        data["accepted"] = [_data(*each) for each in agreed]
    remarks = (*_accepted_text(len(agreed), config), *asked.remarks)
    if not inner.failed:
        return replace(outcome, data=data, remarks=(*outcome.remarks, *remarks))
    code = BROKEN if since is None or outcome.code == BROKEN else FINDINGS
    return replace(outcome, code=code, remarks=remarks, data=data)


def _settle(
    comparisons: Sequence[Comparison],
    config: Config,
    libraries: Mapping[str, Library],
    today: str | None,
    is_whole: bool,
    report: Report,
) -> tuple[tuple[Diagnostic, Acceptance], ...]:
    """Report what is left once exceptions are set aside, and what is wrong with these."""
    from datetime import UTC, datetime

    from abilock.releases.agreed import Agreement, settle

    day = (today and parse_date(today)) or datetime.now(UTC).date()
    if config.source is not None:
        report.add_source(config.source)
    versions = {library.name: library.version for library in libraries.values()}
    return settle(comparisons, Agreement.of(config, day, is_whole), versions, report)


def _accepted_text(count: int, config: Config) -> tuple[str, ...]:
    which = "1 finding is" if count == 1 else f"{count} findings are"
    return (f"{which} accepted in {config.path.name}",) if count else ()


def _data(found: Diagnostic, exception: Acceptance) -> dict[str, str | None]:
    """What was agreed to, for scripts."""
    return {
        "code": found.code.number,
        "subject": found.element,
        "reason": exception.reason,
        "until": str(exception.until),
    }


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
