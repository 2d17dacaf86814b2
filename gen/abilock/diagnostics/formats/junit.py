"""JUnit's XML: a suite per description, a test case per gate, so that a run shows what it looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from abilock.diagnostics.catalog import Severity
from abilock.diagnostics.formats.findings import Findings, counted
from abilock.diagnostics.formats.wording import shortened
from abilock.diagnostics.gates import Gate, gate_of
from abilock.diagnostics.render import render_some
from abilock.diagnostics.report import Diagnostic
from abilock.source import printable

#: The suite of what concerns no single description.
_PROJECT = "project"


@dataclass(frozen=True, slots=True)
class _Case:
    gate: Gate
    found: tuple[Diagnostic, ...]
    is_skipped: bool

    @property
    def failures(self) -> list[Diagnostic]:
        return [one for one in self.found if one.severity is Severity.ERROR]


def as_junit(findings: Findings) -> str:
    """Errors are failures of their gate; whatever is milder stands in the output of its test case."""
    suites = _suites(findings)
    cases = [case for suite in suites.values() for case in suite]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="abilock" {_totals(cases)}>',
    ]
    for name, suite in suites.items():
        lines.append(f"  <testsuite name={_attribute(name)} {_totals(suite)}>")
        for case in suite:
            lines += _case(name, case, findings)
        lines.append("  </testsuite>")
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def _suites(findings: Findings) -> dict[str, list[_Case]]:
    """The test cases of each suite: gates that were looked at, and whatever else found something."""
    placed: dict[tuple[str, Gate], list[Diagnostic]] = {}
    for found in findings.sorted():
        placed.setdefault(_suite_and_gate(found, findings), []).append(found)
    passed = {
        (name, gate)
        for gate in findings.gates
        for name in (findings.checked if gate.is_of_a_description else (_PROJECT,))
    }
    others = {name for name, _ in (*placed, *passed)} - {*findings.checked, _PROJECT}
    suites: dict[str, list[_Case]] = {}
    for name in (*findings.checked, *sorted(others), _PROJECT):
        for gate in Gate:
            here = placed.get((name, gate), [])
            if here or (name, gate) in passed:
                # Errors of descriptions end a run before it gets to the gates behind.
                skipped = not here and not findings.is_complete and gate is not Gate.DESCRIPTION
                suites.setdefault(name, []).append(_Case(gate, tuple(here), skipped))
    return suites


def _suite_and_gate(found: Diagnostic, findings: Findings) -> tuple[str, Gate]:
    gate = gate_of(found.code)
    if not gate.is_of_a_description:
        return _PROJECT, gate
    if found.about is not None:
        return found.about, gate
    place = found.span.file if found.span else found.subject
    return place or _PROJECT, gate


def _case(suite: str, case: _Case, findings: Findings) -> Iterator[str]:
    start = f"    <testcase classname={_attribute(suite)} name={_attribute(case.gate.value)}"
    if not case.found and not case.is_skipped:
        yield f'{start} time="0"/>'
        return
    yield f'{start} time="0">'
    if case.is_skipped:
        yield '      <skipped message="an error kept the run from getting here"/>'
    failures = case.failures
    if failures:
        message = failures[0].message
        if len(failures) > 1:
            message = f"{counted(failures)}; the first: {message}"
        codes = " ".join(sorted({one.code.number for one in failures}))
        text = escape(render_some(failures, findings.report))
        yield f"      <failure type={_attribute(codes)} message={_attribute(message)}>{text}</failure>"
    others = [one for one in case.found if one not in failures]
    if others:
        yield f"      <system-out>{escape(render_some(others, findings.report))}</system-out>"
    yield "    </testcase>"


def _totals(cases: list[_Case]) -> str:
    failed = sum(bool(case.failures) for case in cases)
    skipped = sum(case.is_skipped for case in cases)
    return f'tests="{len(cases)}" failures="{failed}" errors="0" skipped="{skipped}" time="0"'


def _attribute(text: str) -> str:
    return quoteattr(shortened(printable(text)))
