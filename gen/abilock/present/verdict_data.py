"""A verdict as plain data, for scripts."""

from __future__ import annotations

from collections.abc import Mapping

from abilock.compat.findings import Finding, Loader, Verdict
from abilock.compat.outcomes import Pairings
from abilock.source import SourceFile, Span


def verdict_data(verdict: Verdict, sources: Mapping[str, SourceFile]) -> dict[str, object]:
    """``{"findings": […], "verdict": "breaking", "declared": "0.8.1", "required": "0.9.0", …}``"""
    return {"findings": [_finding(each, sources) for each in verdict.findings], **summary(verdict)}


def summary(verdict: Verdict) -> dict[str, object]:
    """The same without the findings; the numbers only where the rule compares some."""
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


def _finding(finding: Finding, sources: Mapping[str, SourceFile]) -> dict[str, object]:
    return {
        "code": finding.rule.code,
        "name": finding.rule.slug,
        "level": finding.level.value,
        "subject": finding.subject,
        "message": finding.message,
        "hint": finding.hint,
        "old": _place(finding.old, sources),
        "new": _place(finding.new, sources),
        "targets": "all" if finding.targets is None else list(finding.targets),
        "consequence": {
            **_pairings(finding.cells.binary),
            "source": _pairings(finding.cells.source),
        },
        "notes": [
            {"message": each.text, "details": list(each.details)} for each in finding.consequences
        ],
    }


def _pairings(pairings: Pairings) -> dict[str, str]:
    return {
        "old_plugin_new_host": pairings.old_plugin_new_host.value,
        "new_plugin_old_host": pairings.new_plugin_old_host.value,
    }


def _place(span: Span | None, sources: Mapping[str, SourceFile]) -> dict[str, object] | None:
    if span is None:
        return None
    source = sources.get(span.file)
    if source is None:
        return {"file": span.file}
    at = source.position(span.start)
    return {"file": span.file, "line": at.line, "column": at.column}
