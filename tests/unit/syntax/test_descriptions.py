"""The random descriptions that other tests build on are what they promise: valid."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from abilock.check import check
from abilock.diagnostics.render import render_text
from abilock.diagnostics.report import Report
from abilock.source import SourceFile
from abilock.syntax.formatter import format_file
from abilock.syntax.loading import load
from support.descriptions import descriptions


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(descriptions())
def test_a_random_description_is_valid(text: str) -> None:
    report = Report()
    source = SourceFile("random.abi", text)
    report.add_source(source)
    loaded = load("random.abi", lambda name, _: source, report)
    assert loaded is not None
    library = check(loaded, report)
    assert library is not None, render_text(report) + text
    printed = SourceFile("random.abi", format_file(loaded.root, source))
    again = load("random.abi", lambda name, _: printed, Report())
    assert again is not None
    assert again.root == loaded.root
