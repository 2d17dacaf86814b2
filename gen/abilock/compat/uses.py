"""Which types stand where by value, and which stand side by side in arrays: there, their size counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from abilock.compat.roles import error_parameters
from abilock.model.attributes import NO_ATTRIBUTES, SEVERAL, Attributes, Word
from abilock.model.decls import (
    Alias,
    Callback,
    EntryFunction,
    EntryStatic,
    Library,
    Slot,
    members_of,
)
from abilock.model.mentions import names_nothing
from abilock.model.types import (
    Array,
    Field,
    FunctionPointer,
    Named,
    Nested,
    Pointer,
    Signature,
    Type,
)

#: Places by type, a type, and where it stands there.
_Use: TypeAlias = tuple[dict[str, dict[str, None]], str, str]


@dataclass(frozen=True, slots=True)
class Uses:
    """Places by the type that stands there.

    ``embedded``: members that hold it. ``arrays``: where many of it stand side by side. ``passed``:
    functions that take or return it. ``out``: parameters through which the callee writes it to memory of
    the caller. ``pointed``: where a pointer leads to what somebody else made of it, or it is a variable.

    ex) ``arrays["SourcePluginVtable"]`` is ``("FfiPluginRegistration.source_plugins",)``
    """

    embedded: Mapping[str, tuple[str, ...]]
    arrays: Mapping[str, tuple[str, ...]]
    passed: Mapping[str, tuple[str, ...]]
    out: Mapping[str, tuple[str, ...]]
    pointed: Mapping[str, tuple[str, ...]]


def uses(library: Library) -> Uses:
    """Every use in a library, types of imported files included."""
    walk = _Walk(library)
    walk.run()
    return Uses(*({name: tuple(places) for name, places in each.items()} for each in walk.found))


def _listed(attributes: Attributes) -> str | None:
    """The field that ``@list`` says leads to the elements."""
    given = attributes.get("list")
    first = given.arguments[0] if given else None
    return first.text if isinstance(first, Word) else None


class _Walk:
    def __init__(self, library: Library) -> None:
        self._library = library
        self.embedded: dict[str, dict[str, None]] = {}
        self.arrays: dict[str, dict[str, None]] = {}
        self.passed: dict[str, dict[str, None]] = {}
        self.out: dict[str, dict[str, None]] = {}
        self.pointed: dict[str, dict[str, None]] = {}
        #: Of signatures that were met: many slots may have one.
        self._signatures: dict[tuple[int, frozenset[str]], tuple[_Use, ...]] = {}

    @property
    def found(self) -> tuple[dict[str, dict[str, None]], ...]:
        return self.embedded, self.arrays, self.passed, self.out, self.pointed

    def run(self) -> None:
        for declared in self._library.declarations:
            name = declared.name
            match declared:
                case Callback() | EntryFunction():
                    self._signature(declared.signature, name, declared.attributes)
                case EntryStatic():
                    self._type(declared.type, name, declared.attributes)
                    for held, is_many in self._by_value(declared.type):
                        self.pointed.setdefault(held, {})[name] = None
                        if is_many:
                            self.arrays.setdefault(held, {})[name] = None
            listed = _listed(declared.attributes)
            for member in members_of(declared):
                self._member(member, name)
                if listed is not None and member.name == listed and isinstance(member, Field):
                    for element in self._pointees(member.type):
                        self.arrays.setdefault(element, {})[f"{name}.{listed}"] = None

    def _member(self, member: Field | Slot, holder: str) -> None:
        place = f"{holder}.{member.name or '_'}"
        if isinstance(member, Slot):
            self._signature(member.signature, place, member.attributes)
            return
        if isinstance(member.type, Nested):
            for inner in member.type.aggregate.fields:
                self._member(inner, place)
            return
        for name, is_many in self._by_value(member.type):
            self.embedded.setdefault(name, {})[place] = None
            if is_many:
                self.arrays.setdefault(name, {})[place] = None
        self._type(member.type, place, member.attributes)

    def _signature(
        self, signature: Signature, place: str, attributes: Attributes = NO_ATTRIBUTES
    ) -> None:
        filled = error_parameters(attributes)
        known = id(signature), filled
        if known not in self._signatures:
            self._signatures[known] = tuple(self._in_signature(signature, filled))
        for found, name, at in self._signatures[known]:
            found.setdefault(name, {})[place + at] = None

    def _type(self, given: Type, place: str, attributes: Attributes) -> None:
        for found, name, at in self._in_type(given, place, attributes):
            found.setdefault(name, {})[at] = None

    def _in_signature(
        self, signature: Signature, filled: frozenset[str], place: str = ""
    ) -> Iterator[_Use]:
        """Uses in a function at a place."""
        for index, each in enumerate(signature.parameters):
            if names_nothing(each.type) and not each.attributes.has("to"):
                continue
            at = f"{place}.{each.name or index}"
            for name, _ in self._by_value(each.type):
                yield self.passed, name, place
            is_out = each.attributes.has("out") or each.attributes.has("inout")
            is_out = is_out or each.name in filled
            if is_out and not each.own:
                for name in self._pointees(each.type):
                    yield self.out, name, at
            yield from self._in_type(each.type, at, each.attributes)
        if signature.result is not None:
            for name, _ in self._by_value(signature.result.type):
                yield self.passed, name, place
            yield from self._in_type(signature.result.type, place, signature.result.attributes)

    def _in_type(self, given: Type, place: str, attributes: Attributes) -> Iterator[_Use]:
        """What is behind pointers, and functions that are written out."""
        meant = attributes.get("to")
        if meant is not None and isinstance(meant.arguments[0], Word):
            yield self.pointed, meant.arguments[0].text, place
        match given:
            case Pointer():
                if not attributes.has("out"):
                    for name in self._pointees(given):
                        yield self.pointed, name, place
                if any(attributes.has(each) for each in SEVERAL):
                    for name in self._pointees(given):
                        yield self.arrays, name, place
                if attributes.has("lens"):
                    # Each element leads to several of its own.
                    for name in self._pointees(given.pointee):
                        yield self.arrays, name, place
                yield from self._in_type(given.pointee, place, NO_ATTRIBUTES)
            case Array():
                yield from self._in_type(given.element, place, NO_ATTRIBUTES)
            case FunctionPointer():
                yield from self._in_signature(given.signature, frozenset(), place)
            case Named():
                declared = self._library.find(given.name)
                if isinstance(declared, Alias):
                    yield from self._in_type(declared.type, place, attributes)

    def _pointees(self, given: Type) -> Iterator[str]:
        """What stands behind one pointer by value."""
        match given:
            case Pointer():
                yield from (name for name, _ in self._by_value(given.pointee))
            case Named():
                declared = self._library.find(given.name)
                if isinstance(declared, Alias):
                    yield from self._pointees(declared.type)

    def _by_value(self, given: Type, is_many: bool = False) -> Iterator[tuple[str, bool]]:
        match given:
            case Named():
                declared = self._library.find(given.name)
                yield given.name, is_many
                if isinstance(declared, Alias):
                    yield from self._by_value(declared.type, is_many)
            case Array():
                yield from self._by_value(given.element, True)
            case Nested():
                for each in given.aggregate.fields:
                    yield from self._by_value(each.type, is_many)
