"""Findings: changes that were judged, and the verdict that they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from abilock.compat.outcomes import Cells
from abilock.diagnostics.changed import Level as Level
from abilock.frozen import frozen
from abilock.source import Span


@frozen
class Rule:
    """One kind of change and what is known of it in general; ``abilock explain C0102`` shows its page.

    ex) ``Rule("C0102", "slot-inserted", "a slot before others")``
    """

    code: str
    slug: str
    title: str


class About(Enum):
    """What a consequence tells: what else is different, on which targets the numbers are other ones (the
    details have them), or only on which way the element is reached."""

    EFFECT = "effect"
    TARGETS = "targets"
    WAY = "way"


@frozen
class Consequence:
    """What follows elsewhere from one change: never a finding of its own.

    ex) ``Consequence("moves 7 slots behind it by 8 bytes", ("status_fn 64 -> 72", …))``
    """

    text: str
    details: tuple[str, ...] = ()
    about: About = About.EFFECT


@frozen
class Finding:
    """One change, judged.

    ``subject``: the element's full name. ``old``, ``new``: where it stands in either description.
    ``targets``: where it holds, None on all that both descriptions have. ``hint``: the compatible way
    to say the same, where there is one. ``around``: of what is gone, where it is missing in the newer one.
    """

    rule: Rule
    level: Level
    subject: str
    message: str
    cells: Cells
    old: Span | None = None
    new: Span | None = None
    targets: tuple[str, ...] | None = None
    consequences: tuple[Consequence, ...] = ()
    hint: str | None = None
    around: Span | None = None


@frozen
class Loader:
    """What a loader that applies the declared rule does with a mix of the two, and what it should do.

    ex) drasi 0.8.0 and 0.8.1: it accepts both mixes, and should accept neither
    """

    accepts_old_plugin: bool
    accepts_new_plugin: bool
    should_accept_old_plugin: bool
    should_accept_new_plugin: bool

    @property
    def accepts_wrongly(self) -> bool:
        """Whether it goes on with what must not be mixed."""
        return (self.accepts_old_plugin and not self.should_accept_old_plugin) or (
            self.accepts_new_plugin and not self.should_accept_new_plugin
        )


@frozen
class Verdict:
    """What the changes between two descriptions add up to.

    ``level``: None if there are none. ``declared``: the version of the new description. ``required``:
    the smallest one that is honest under the rule of ``compat``; the declared one where it will do.
    ``declared_numbers``, ``required_numbers``: the same of what ``integer`` and ``accepts`` compare.
    """

    findings: tuple[Finding, ...]
    level: Level | None
    declared: str
    required: str
    loader: Loader
    declared_numbers: tuple[int, ...] = ()
    required_numbers: tuple[int, ...] = ()

    @property
    def is_honest(self) -> bool:
        """Whether the version moved as far as the changes ask, and so did the numbers that loaders
        compare."""
        return (self.declared, self.declared_numbers) == (self.required, self.required_numbers)


def version_text(version: str, numbers: Sequence[int]) -> str:
    """A version beside what loaders compare. ex) ``0.2.0, with the number 2``"""
    if not numbers:
        return version
    noun = "number" if len(numbers) == 1 else "numbers"
    return f"{version}, with the {noun} {', '.join(map(str, numbers))}"
