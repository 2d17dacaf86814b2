"""What a run looks at, one gate after the other; every code belongs to one of them."""

from __future__ import annotations

from enum import Enum

from abilock.diagnostics.catalog import Code


class Gate(Enum):
    """The values are what people and programs read, in the order in which a run gets to them."""

    CONFIGURATION = "configuration"
    DESCRIPTION = "description"
    BINDINGS = "bindings"
    GENERATED = "generated files"
    COMPILERS = "compilers"
    LIBRARIES = "libraries"
    RELEASES = "releases"
    CHANGES = "changes"
    EXCEPTIONS = "exceptions"

    @property
    def is_of_a_description(self) -> bool:
        """Whether it is passed by each description, and not by the project as a whole."""
        return self not in (Gate.CONFIGURATION, Gate.EXCEPTIONS)


#: What a check looks at.
EVERY_GATE = tuple(gate for gate in Gate if gate is not Gate.LIBRARIES)


#: By how the numbers of codes begin; the longest beginning counts, all others are of the description.
_GATES = {
    "A0901": Gate.CONFIGURATION,
    "A0902": Gate.CONFIGURATION,
    "A07": Gate.BINDINGS,
    "A08": Gate.LIBRARIES,
    "A09": Gate.GENERATED,
    "A10": Gate.RELEASES,
    "A11": Gate.EXCEPTIONS,
    "A12": Gate.COMPILERS,
    "A13": Gate.CONFIGURATION,
    "C": Gate.CHANGES,
}


def gate_of(code: Code) -> Gate:
    """The gate at which a code is found. ex) ``GENERATED`` for A0908"""
    return next(
        (gate for start, gate in _GATES.items() if code.number.startswith(start)), Gate.DESCRIPTION
    )
