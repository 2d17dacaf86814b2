"""From who provides and who reads to plugins and hosts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

from abilock.compat.outcomes import Cells, Outcome, Pairings
from abilock.compat.roles import Side
from abilock.frozen import frozen

_RANKS = {outcome: rank for rank, outcome in enumerate(Outcome)}


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The last in the order in which they are declared; fine, if there are none."""
    return max(outcomes, key=_RANKS.__getitem__, default=Outcome.FINE)


@frozen
class Flow:
    """What becomes of something that one side provides and the other one reads or calls.

    ``new_reader``: the older release provides, the newer one reads. ``old_reader``: the other way.

    ex) a slot appended: ``Flow(Outcome.READS_PAST_END, Outcome.FINE)``
    """

    new_reader: Outcome = Outcome.FINE
    old_reader: Outcome = Outcome.FINE

    @classmethod
    def both(cls, outcome: Outcome) -> Flow:
        return cls(outcome, outcome)

    def binary(self, providers: Collection[Side]) -> Pairings:
        """Where several provide, what is worst."""
        sides = providers or tuple(Side)
        return Pairings(
            worst(self.new_reader if side is Side.PLUGIN else self.old_reader for side in sides),
            worst(self.old_reader if side is Side.PLUGIN else self.new_reader for side in sides),
        )


@frozen
class Source:
    """What becomes of the source of whoever provides, and of whoever reads, against the newer header,
    which is C's."""

    provider: Outcome = Outcome.FINE
    reader: Outcome = Outcome.FINE

    @classmethod
    def both(cls, outcome: Outcome) -> Source:
        return cls(outcome, outcome)

    def pairings(self, providers: Collection[Side]) -> Pairings:
        """The plugin's source where it is the older side, and the host's where that one is."""
        sides = providers or tuple(Side)
        return Pairings(
            worst(self.provider if side is Side.PLUGIN else self.reader for side in sides),
            worst(self.provider if side is Side.HOST else self.reader for side in sides),
        )


@cache
def cells(flow: Flow, source: Source, providers: tuple[Side, ...]) -> Cells:
    """The four cells of something that these sides provide; nobody known is anybody."""
    return Cells(flow.binary(providers), source.pairings(providers))
