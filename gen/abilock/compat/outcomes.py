"""What a change does to a plugin and a host that do not have it both."""

from __future__ import annotations

from enum import Enum

from abilock.frozen import frozen


class Outcome(Enum):
    """What a pairing suffers, from nothing to the worst. The values are for people and for scripts."""

    FINE = "fine"
    GATED = "fine: `@since` keeps it from being used"
    FALLS_BACK = "fine: what is missing is told, and not used"
    NOT_BUILT = "does not come about: the newer side is not built there"
    DOES_NOT_COMPILE = "does not compile until it is changed"
    COMPILES_WRONG = "compiles, and means something else"
    MISJUDGED = "is taken or refused by a rule that it was not made for"
    NOT_FOUND = "does not load: a symbol is missing"
    UNKNOWN_VALUE = "receives a value that it does not know"
    MISREADS = "misreads a value"
    CALLS_NULL = "calls or follows a null pointer"
    WRONG_CALL = "calls a function with another signature"
    WRONG_CONTEXT = "gives a function another object than it expects"
    UNWINDS = "is left by an exception that it does not expect"
    COMES_BACK = "goes on behind a call that it takes for the last one"
    WRONG_FUNCTION = "calls the wrong function"
    READS_PAST_END = "reads past the end"
    WRITES_READ_ONLY = "writes to what it may only read"
    WRITES_PAST_END = "writes past the end"
    LEAKS = "leaks"
    WRONG_FREE = "frees with the wrong function"
    FREES_TWICE = "frees twice"
    USES_FREED = "uses what was freed"
    WRONG_THREAD = "is called where it does not expect it"
    WRONG_TIME = "is called when it does not expect it"

    @property
    def is_fine(self) -> bool:
        """Whether nothing that is compiled comes to harm."""
        return self in (Outcome.FINE, Outcome.GATED, Outcome.FALLS_BACK, Outcome.NOT_BUILT)


@frozen
class Pairings:
    """What the two mixes of releases suffer."""

    old_plugin_new_host: Outcome = Outcome.FINE
    new_plugin_old_host: Outcome = Outcome.FINE

    @property
    def are_fine(self) -> bool:
        return self.old_plugin_new_host.is_fine and self.new_plugin_old_host.is_fine


@frozen
class Cells:
    """``binary``: both sides as they were compiled. ``source``: the older side compiled again, as it
    is, against the newer header."""

    binary: Pairings = Pairings()
    source: Pairings = Pairings()
