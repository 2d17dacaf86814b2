"""What changed in a description, in a few lines, for somebody who has just generated files from it."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.compat.findings import About, Finding, Level, Verdict

#: How many changes are told, and of each, how much of what follows from it.
_CHANGES, _EFFECTS = 12, 4


def change_lines(abi: str, verdict: Verdict, since: str, released: Verdict | None) -> Iterator[str]:
    """The worst changes first, each with what follows from it.

    Args:
        since: since when, in words.
        released: what changed since the last release, if there is one.

    ex) ``shop: 1 change since it was generated, breaking; a release of it needs 1.1.0``
    """
    count = len(verdict.findings)
    level = f", {verdict.level.value}" if verdict.level is not None else ""
    head = f"{abi}: {count} change{'s' if count > 1 else ''} {since}{level}"
    yield head if released is None else f"{head}; {_version(released)}"
    order = tuple(reversed(Level))
    worst = sorted(verdict.findings, key=lambda each: order.index(each.level))
    for each in worst[:_CHANGES]:
        yield from _change(each)
    more = count - _CHANGES
    if more > 0:
        yield f"  and {more} more"


def _version(verdict: Verdict) -> str:
    if verdict.is_honest:
        return f"{verdict.declared} says enough for a release of it"
    numbers = ", ".join(map(str, verdict.required_numbers))
    also = f" with {numbers}" if verdict.required_numbers != verdict.declared_numbers else ""
    return f"a release of it needs {verdict.required}{also}"


def _change(finding: Finding) -> Iterator[str]:
    where = f", only on {_names(finding.targets)}" if finding.targets is not None else ""
    yield f"  {finding.level.value} {finding.rule.code}: {finding.message}{where}"
    effects = [each.text for each in finding.consequences if each.about is About.EFFECT]
    if effects:
        more = f" and {len(effects) - _EFFECTS} more" if len(effects) > _EFFECTS else ""
        yield f"    {'; '.join(effects[:_EFFECTS])}{more}"
    for each in finding.consequences:
        if each.about is About.TARGETS:
            yield from (f"    on {numbers}" for numbers in each.details)


def _names(targets: tuple[str, ...]) -> str:
    more = len(targets) - 2
    shown = ", ".join(targets[:2])
    return shown if more <= 0 else f"{shown} and {more} more"
