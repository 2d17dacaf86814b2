"""Nothing that a terminal acts on reaches it."""

from __future__ import annotations

from abilock.diagnostics import catalog
from abilock.diagnostics.render import render_data, render_text
from abilock.diagnostics.report import Diagnostic, Report


def test_escapes_of_others_are_not_printed() -> None:
    report = Report()
    report.add(catalog.CONFIG_INVALID, None, "unknown key `\x1b[31m`", hint="not \x07")
    text = render_text(report)
    assert "\x1b" not in text
    assert "\x07" not in text


def test_what_is_the_same_of_many_files_is_said_once() -> None:
    report = Report()
    for name in ("a.h", "b.h"):
        subject = f"generated/shop/{name}"
        report.include(
            Diagnostic(
                catalog.OUTPUT_STALE,
                f"{subject} is stale",
                None,
                "run it",
                subject=subject,
                group="generated/shop",
            )
        )
    assert render_text(report) == (
        "error[A0908]: each of these 2 files in generated/shop is stale\n"
        "  generated/shop/a.h\n  generated/shop/b.h\n  = hint: run it\n"
    )
    # Programs are told of each.
    assert [each["subject"] for each in render_data(report)] == [
        "generated/shop/a.h",
        "generated/shop/b.h",
    ]
