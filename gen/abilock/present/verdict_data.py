"""What findings add up to, as plain data, for scripts."""

from __future__ import annotations

from collections.abc import Mapping

from abilock.compat.diagnosing import diagnostics_of
from abilock.compat.findings import Loader, Verdict
from abilock.diagnostics.render import render_one_data
from abilock.diagnostics.report import Report
from abilock.source import SourceFile


def verdict_data(verdict: Verdict, sources: Mapping[str, SourceFile]) -> dict[str, object]:
    """A verdict with its findings, in their own order, each in the shape that all findings have."""
    report = Report(sources=dict(sources))
    found = [render_one_data(each, report) for each in diagnostics_of(verdict.findings)]
    return {"findings": found, **summary(verdict)}


def summary(verdict: Verdict) -> dict[str, object]:
    """The verdict without its findings; the numbers only where the rule compares some.

    ex) ``{"verdict": "breaking", "declared": "0.8.1", "required": "0.9.0", "loader": {…}}``
    """
    found: dict[str, object] = {
        "verdict": verdict.level.value if verdict.level else "none",
        "declared": verdict.declared,
        "required": verdict.required,
        "loader": _loader(verdict.loader),
    }
    if verdict.declared_numbers or verdict.required_numbers:
        found["declared_numbers"] = list(verdict.declared_numbers)
        found["required_numbers"] = list(verdict.required_numbers)
    return found


def _loader(loader: Loader) -> dict[str, bool]:
    """Of the mixes that a loader accepts, whether it should; of both, if it accepts none."""
    accepted = [
        should
        for accepts, should in (
            (loader.accepts_old_plugin, loader.should_accept_old_plugin),
            (loader.accepts_new_plugin, loader.should_accept_new_plugin),
        )
        if accepts
    ]
    both = loader.should_accept_old_plugin and loader.should_accept_new_plugin
    return {"accepts": bool(accepted), "should": all(accepted) if accepted else both}
