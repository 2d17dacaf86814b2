"""What is left of the findings of a check once those are set aside that the configuration accepts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from abilock.commands.generate import read_config
from abilock.commands.outcome import BROKEN, FINDINGS, NOTHING_TO_REPORT, Outcome
from abilock.config import Acceptance, Config, parse_date
from abilock.diagnostics.catalog import Severity
from abilock.diagnostics.report import Diagnostic, Report

# What judges exceptions is imported by the functions that need it: most projects have none.
if TYPE_CHECKING:
    from datetime import date

    from abilock.model.version import Version


def settle(outcome: Outcome, *, config: str | None, today: str | None) -> Outcome:
    """The same outcome without accepted findings, and with whatever is wrong with exceptions.

    ``today``: the day by which ends that are dates are judged; the present one in UTC if it is None.
    """
    if today is not None and parse_date(today) is None:
        return Outcome(BROKEN, remarks=(f"`--today` is a date as 2030-01-31, and not {today!r}",))
    found = read_config(config, Report())
    if outcome.code == BROKEN or found is None or not found.accept:
        return outcome
    return _settled(outcome, found, _day(today))


def _day(today: str | None) -> date:
    from datetime import UTC, datetime

    return (today and parse_date(today)) or datetime.now(UTC).date()


def _settled(outcome: Outcome, config: Config, today: date) -> Outcome:
    from abilock.commands.accepted import Project, accepted, by_code_and_slug
    from abilock.compat.table import RULES_BY_CODE

    names = outcome.checked or config.abi
    rules = by_code_and_slug((rule.code, rule.slug) for rule in RULES_BY_CODE.values())
    project = Project(
        _versions(config, names), rules, today, set(names) == set(config.abi), config.path.name
    )
    judged = accepted(outcome.report.sorted(), config.accept, project)
    report = Report(sources=dict(outcome.report.sources))
    if config.source is not None:
        report.add_source(config.source)
    for each in (*judged.kept, *judged.findings):
        report.include(each)
    remarks = outcome.remarks if not judged.findings else ()
    if judged.accepted:
        count = len(judged.accepted)
        which = "1 finding is" if count == 1 else f"{count} findings are"
        remarks = (*remarks, f"{which} accepted in {config.path.name}")
    data = {**(outcome.data or {}), "accepted": [_data(*pair) for pair in judged.accepted]}
    is_well = not any(one.severity is Severity.ERROR for one in report.diagnostics)
    code = NOTHING_TO_REPORT if is_well else FINDINGS
    return replace(outcome, code=code, report=report, remarks=remarks, data=data)


def _data(found: Diagnostic, exception: Acceptance) -> dict[str, str | None]:
    """What was agreed to, for scripts."""
    return {
        "code": found.code.number,
        "subject": found.element,
        "reason": exception.reason,
        "until": str(exception.until),
    }


def _versions(config: Config, names: tuple[str, ...]) -> Mapping[str, Version]:
    """The version of each ABI, by its name; what is wrong with descriptions was told by now."""
    from abilock.descriptions import root_reader
    from abilock.model.version import Version
    from abilock.syntax import ast
    from abilock.syntax.loading import load

    read = root_reader(config.root)
    versions: dict[str, Version] = {}
    for name in names:
        loaded = load(name, read, Report())
        for item in loaded.root.items if loaded else ():
            version = Version.parse(item.version.text) if isinstance(item, ast.Abi) else None
            if isinstance(item, ast.Abi) and version is not None:
                versions[item.name.text] = version
    return versions
