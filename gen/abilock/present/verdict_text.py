"""A verdict for people: changes by the type that they are in, whom each hurts, and the version that is
needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from abilock.compat.changes import Kind
from abilock.compat.findings import Consequence, Finding, Level, Verdict, version_text
from abilock.compat.outcomes import Outcome, Pairings
from abilock.compat.table import RULES
from abilock.present.paint import Paint
from abilock.source import Span, printable

_OLD_PLUGIN = "old plugin, new host"
_NEW_PLUGIN = "new plugin, old host"
_WIDTH = max(len(_OLD_PLUGIN), len(_NEW_PLUGIN))
#: How many details stand behind what follows, and how many additions are named in one line.
_DETAILS = 3
_NAMES = 6
#: What is told in one line for all, since there is nothing to say of each.
_LISTED = {
    RULES[Kind.TYPE_ADDED].code: ("type", "types"),
    RULES[Kind.CONSTANT_ADDED].code: ("constant", "constants"),
}

#: What names its targets itself.
_OF_TARGETS = frozenset({RULES[Kind.TARGET_ADDED].code, RULES[Kind.TARGET_REMOVED].code})

#: Where a span is. ex) ``abi/drasi.abi:12``
Places = Mapping[Span, str]


def verdict_text(verdict: Verdict, title: str, places: Places, *, color: bool = False) -> str:
    """Every finding, and what they add up to.

    ex)
        SourceVtable
          breaking C0102  `SourceVtable.n` was added before others that were there  (abi/x.abi:12)
              moves 7 slots by 8 bytes: status_fn 64 -> 72, …
              old plugin, new host: calls the wrong function
    """
    return "\n".join(_Text(verdict, places, Paint(color)).lines(title)) + "\n"


class _Text:
    def __init__(self, verdict: Verdict, places: Places, paint: Paint) -> None:
        self._verdict = verdict
        self._places = places
        self._paint = paint

    def lines(self, title: str) -> Iterator[str]:
        yield self._paint.strong(printable(title))
        told = [each for each in self._verdict.findings if each.rule.code not in _LISTED]
        for owner, group in _by_owner(told):
            yield ""
            yield self._paint.strong(owner)
            before: Finding | None = None
            for finding in group:
                yield from self._finding(finding, before)
                before = finding
        listed = list(self._listed())
        if listed:
            yield ""
            yield from listed
        yield ""
        yield from self._summary()

    # --- one finding

    def _finding(self, finding: Finding, before: Finding | None) -> Iterator[str]:
        """``before``: the one that stands above it; what holds of both is said once."""
        level = finding.level.value
        label = (
            self._paint.alert(level)
            if finding.level is Level.BREAKING
            else self._paint.plain(level)
        )
        span = finding.new or finding.old
        at = self._places.get(span) if span else None
        where = self._paint.faint(f"  ({at})") if at else ""
        yield f"  {label} {finding.rule.code}  {printable(finding.message)}{where}"
        if finding.targets is not None and finding.rule.code not in _OF_TARGETS:
            yield f"      only on {_listed_names(finding.targets)}"
        for each in finding.consequences:
            yield self._consequence(each)
        if before is not None and (before.cells, before.hint) == (finding.cells, finding.hint):
            if not _all_fine(finding.cells.binary) or not _all_fine(finding.cells.source):
                yield self._paint.faint("      as above")
            return
        yield from self._cells(finding)
        if finding.hint is not None:
            yield self._paint.faint(f"      hint: {printable(finding.hint)}")

    def _consequence(self, consequence: Consequence) -> str:
        details = ", ".join(consequence.details[:_DETAILS])
        more = len(consequence.details) - _DETAILS
        if more > 0:
            details += f" and {more} more"
        return f"      {printable(consequence.text)}" + (
            self._paint.faint(f": {printable(details)}") if details else ""
        )

    def _cells(self, finding: Finding) -> Iterator[str]:
        binary, source = finding.cells.binary, finding.cells.source
        if _all_fine(binary) and _all_fine(source):
            return
        for name, one, other in (
            (_OLD_PLUGIN, binary.old_plugin_new_host, source.old_plugin_new_host),
            (_NEW_PLUGIN, binary.new_plugin_old_host, source.new_plugin_old_host),
        ):
            again = (
                "" if other is Outcome.FINE else f"; its source, compiled again, {_again(other)}"
            )
            if name == _NEW_PLUGIN:
                again = again.replace("its source", "the host's source")
            else:
                again = again.replace("its source", "the plugin's source")
            yield f"      {name + ':':<{_WIDTH + 1}} {one.value}{again}"

    # --- what is told in one line

    def _listed(self) -> Iterator[str]:
        for code, (one, many) in _LISTED.items():
            names = [each.subject for each in self._verdict.findings if each.rule.code == code]
            if names:
                noun = one if len(names) == 1 else many
                yield f"{len(names)} {noun} added ({code}): {_listed_names(names)}"

    # --- what it adds up to

    def _summary(self) -> Iterator[str]:
        verdict = self._verdict
        if verdict.level is None:
            yield "No change that matters."
            if not verdict.is_honest:
                yield self._version()
            return
        counts = [
            f"{sum(each.level is level for each in verdict.findings)} {level.value}"
            for level in reversed(Level)
            if any(each.level is level for each in verdict.findings)
        ]
        noun = "change" if len(verdict.findings) == 1 else "changes"
        head = f"{verdict.level.value}: {len(verdict.findings)} {noun}"
        is_alert = verdict.level is Level.BREAKING
        yield (self._paint.alert(head) if is_alert else self._paint.strong(head)) + (
            f" ({', '.join(counts)})" if len(counts) > 1 else ""
        )
        loader = verdict.loader
        yield self._mix(_OLD_PLUGIN, loader.accepts_old_plugin, loader.should_accept_old_plugin)
        yield self._mix(_NEW_PLUGIN, loader.accepts_new_plugin, loader.should_accept_new_plugin)
        yield self._version()

    def _mix(self, name: str, accepts: bool, should: bool) -> str:
        match accepts, should:
            case True, True:
                text = "a loader accepts it, and rightly so"
            case False, False:
                text = "a loader refuses it, and rightly so"
            case True, False:
                text = self._paint.alert("a loader accepts it, and should not")
            case _:
                text = "a loader refuses it, and would not need to"
        return f"  {name + ':':<{_WIDTH + 1}} {text}"

    def _version(self) -> str:
        verdict = self._verdict
        declared = version_text(verdict.declared, verdict.declared_numbers)
        required = version_text(verdict.required, verdict.required_numbers)
        if verdict.is_honest:
            return f"  version {declared} says so"
        return self._paint.alert(f"  version {declared} does not say so: {required} is needed")


def _by_owner(findings: Sequence[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    """By declaration, each once, in the order of the first finding."""
    order = {name: at for at, name in enumerate(dict.fromkeys(map(_owner, findings)))}
    ordered = sorted(findings, key=lambda each: order[_owner(each)])
    for owner, group in groupby(ordered, key=_owner):
        yield owner, list(group)


def _owner(finding: Finding) -> str:
    if finding.rule.code in _OF_TARGETS:
        return "targets"
    return finding.subject.partition(".")[0]


def _all_fine(pairings: Pairings) -> bool:
    return pairings == Pairings()


def _again(outcome: Outcome) -> str:
    return outcome.value


def _listed_names(names: Iterable[str]) -> str:
    known = list(names)
    more = len(known) - _NAMES
    shown = ", ".join(known[:_NAMES])
    return shown if more <= 0 else f"{shown} and {more} more"
