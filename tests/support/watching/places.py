"""What is common to writing and reading: how places are called, and which functions are there."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

from abilock.model.attributes import Attributes
from abilock.model.c_names import value_c_name
from abilock.model.decls import EnumDecl, EnumKind, Library
from abilock.model.naming import version_macros
from abilock.model.types import FunctionPointer, Signature, Type
from abilock.outputs.c_declarations import CNaming, declare
from abilock.outputs.header.macros import header_naming
from support.watching.facts import Facts

#: How many elements a list has, and how many of an array are looked at.
ELEMENTS, LOOKED_AT = 3, 16
#: How deep types that lead to themselves are followed.
DEEPEST = 2

Lines = list[str]


def quoted(text: str) -> str:
    return f'"{text}"'


def truth(value: bool) -> str:
    return "true" if value else "false"


def element(place: str, at: int, elements: int) -> str:
    """The place of one of several."""
    return place if elements == 1 else f"{place}[{at}]"


def repeated(make: Callable[[int], Lines], which: range) -> Lines:
    return [line for at in which for line in make(at)]


class Places:
    """One side of one library. ``same``: parts of places that the other side calls otherwise.

    ``locals``, ``ending``: variables of the function that is being written, and what is done behind the
    call in it, if it makes one. ``within``: types that are being followed.
    """

    def __init__(self, library: Library, is_host: bool, same: Sequence[tuple[str, str]]) -> None:
        self.facts = Facts(library)
        self.is_host = is_host
        self.naming: CNaming = header_naming(library)
        self.version_macro = version_macros(library.name)[3]
        self.within: list[str] = []
        self.locals: Lines = []
        self.ending: Lines | None = None
        self._same = same
        self._numbers = itertools.count()

    def fresh(self, stem: str) -> str:
        """A name that nothing else has."""
        return f"{stem}_{next(self._numbers)}"

    def place(self, name: str) -> str:
        for ours, theirs in self._same:
            name = name.replace(ours, theirs)
        return quoted(name)

    def declared(self, type_: Type, name: str) -> str:
        return declare(type_, name, self.naming)

    def names_of(self, enum: EnumDecl) -> str:
        """Its values, how many, and whether others are legal: three arguments."""
        known = dict(self._same)
        rows = ", ".join(
            f"{{{quoted(known.get(each.name, each.name))}, (long long){value_c_name(enum, each)}}}"
            for each in enum.values
        )
        is_open = truth(enum.kind is not EnumKind.CLOSED)
        return f"(const watch_name[]){{{rows}}}, {len(enum.values)}, {is_open}"

    # --- functions, which are made where they are needed

    def implement(self, place: str, signature: Signature) -> str:
        """The name of one that answers calls at a place."""
        raise NotImplementedError

    def table(self, vtable: str) -> str:
        """The name of one that makes a table."""
        raise NotImplementedError

    def use(self, vtable: str) -> str:
        """The name of one that calls everything in a table."""
        raise NotImplementedError

    def call_back(
        self,
        type_: Type,
        function: FunctionPointer,
        attributes: Attributes,
        place: str,
        value: str,
        beside: Mapping[str, str],
    ) -> Lines:
        """Calls of a function that was passed."""
        raise NotImplementedError
