"""Nothing that a terminal acts on reaches it."""

from __future__ import annotations

from abilock.diagnostics import catalog
from abilock.diagnostics.render import render_text
from abilock.diagnostics.report import Report


def test_escapes_of_others_are_not_printed() -> None:
    report = Report()
    report.add(catalog.CONFIG_INVALID, None, "unknown key `\x1b[31m`", hint="not \x07")
    text = render_text(report)
    assert "\x1b" not in text
    assert "\x07" not in text
