"""Who provides each part of an ABI, and who reads it: what the host gets is the plugin's, and so on.

It follows from the entries, which the plugin exports and the host calls. What a function is given
comes from who calls it, what it returns from who implements it; a table of functions that one side
hands to the other is implemented by the first and called by the second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum

from abilock.check.attribute_table import ATTRIBUTES, Kind
from abilock.frozen import frozen
from abilock.model.attributes import NO_ATTRIBUTES, Attributes, Word
from abilock.model.decls import (
    Alias,
    Callback,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    Library,
    Vtable,
    members_of,
)
from abilock.model.mentions import names_nothing
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    FunctionPointer,
    Named,
    Nested,
    Pointer,
    Signature,
    Type,
)
from abilock.model.walks import said


class Side(Enum):
    """The two that an ABI is between."""

    PLUGIN = "plugin"
    HOST = "host"

    @property
    def other(self) -> Side:
        return Side.HOST if self is Side.PLUGIN else Side.PLUGIN


@frozen
class Roles:
    """Of every type that crosses, and every function in it.

    ``providers``: who makes values of a type, which the other side reads; for a vtable or callback
    also who implements its functions, which the other side calls. ``paths``: one way on which each
    type is reached from an entry. ``embedded``: types that others hold by value, in fields, arrays,
    parameters or results, and one place that does.

    ex) ``providers["SourceVtable"]`` is ``{Side.PLUGIN}``,
    ``paths["SourceVtable"]`` is ``("drasi_plugin_init", "FfiPluginRegistration.source_plugins", …)``
    """

    providers: Mapping[str, frozenset[Side]]
    paths: Mapping[str, tuple[str, ...]]
    embedded: Mapping[str, str]


def roles(library: Library) -> Roles:
    """The roles of everything that entries lead to. What they do not lead to has none: where an ABI
    has no entries, its tables change hands in ways that it does not tell."""
    walk = _Walk(library)
    walk.run()
    providers = {name: frozenset(sides) for name, sides in walk.providers.items()}
    return Roles(providers, walk.paths, dict(_embedded(library)))


@frozen
class _Flow:
    """A value of a type on its way from ``giver`` to the other side."""

    type: Type
    giver: Side
    path: tuple[str, ...]
    own: bool = False
    is_out: bool = False


class _Walk:
    """One walk over what crosses, breadth first, so that the paths are short."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.providers: dict[str, set[Side]] = {}
        self.paths: dict[str, tuple[str, ...]] = {}
        #: Functions that an object of the other side goes back to, at its end or to be counted.
        self._ending = frozenset(_ending(library))
        #: Who implements which signatures, as far as they were met.
        self._met: set[tuple[int, Side, frozenset[str], bool]] = set()

    def run(self) -> None:
        waiting = list(self._entries())
        for flow in waiting:  # grows while it is walked
            waiting.extend(self._next(flow))

    def _entries(self) -> Iterator[_Flow]:
        for declared in self._library.declarations:
            match declared:
                case EntryFunction():
                    ends = declared.name in self._ending
                    yield from self._called(
                        declared.signature, Side.PLUGIN, (declared.name,), declared.attributes, ends
                    )
                case EntryStatic():
                    yield _Flow(declared.type, Side.PLUGIN, (declared.name,))
                    if not declared.const and self._is_enum(declared.type):
                        yield _Flow(declared.type, Side.HOST, (declared.name,))

    def _is_enum(self, given: Type) -> bool:
        """Whether whoever writes it gives a value of its own, and not a part of what is there."""
        if not isinstance(given, Named):
            return False
        declared = self._library.find(given.name)
        if isinstance(declared, Alias):
            return self._is_enum(declared.type)
        return isinstance(declared, EnumDecl)

    def _next(self, flow: _Flow) -> Iterator[_Flow]:
        match flow.type:
            case Array():
                yield _Flow(flow.type.element, flow.giver, flow.path)
            case Pointer():
                yield from _behind(flow, flow.type)
            case FunctionPointer():
                yield from self._called(flow.type.signature, flow.giver, flow.path)
            case Nested():
                yield from self._held(flow.type.aggregate, flow.giver, flow.path)
            case Named():
                yield from self._declared(flow, flow.type.name)

    def _declared(self, flow: _Flow, name: str) -> Iterator[_Flow]:
        declared = self._library.find(name)
        if isinstance(declared, Alias):
            self.providers.setdefault(name, set()).add(flow.giver)
            self.paths.setdefault(name, flow.path)
            yield _Flow(declared.type, flow.giver, flow.path, flow.own or declared.own)
            return
        known = self.providers.setdefault(name, set())
        if flow.giver in known:
            return
        known.add(flow.giver)
        self.paths.setdefault(name, flow.path)
        match declared:
            case Aggregate() | Vtable():
                yield from self._held(declared, flow.giver, flow.path)
            case Callback():
                yield from self._called(
                    declared.signature, flow.giver, (*flow.path, name), declared.attributes
                )

    def _held(
        self, declared: Aggregate | Vtable, giver: Side, path: tuple[str, ...]
    ) -> Iterator[_Flow]:
        enders = _words(declared.attributes, "drop", "release")
        for member in members_of(declared):
            place = (*path, f"{declared.name}.{member.name or '_'}")
            if isinstance(member, Field):
                for name in _meant(member.attributes):
                    yield _Flow(Named(name), giver, place)
                if member.name in enders and isinstance(member.type, FunctionPointer):
                    yield from self._called(member.type.signature, giver, place, ends=True)
                else:
                    yield _Flow(member.type, giver, place, member.own)
            else:
                yield from self._called(member.signature, giver, place, member.attributes)

    def _called(
        self,
        signature: Signature,
        implementer: Side,
        path: tuple[str, ...],
        attributes: Attributes = NO_ATTRIBUTES,
        ends: bool = False,
    ) -> Iterator[_Flow]:
        """What crosses when the other side calls a function. ``attributes``: its own; ``ends``: it takes
        back what its side made."""
        for name in _meant(attributes):
            yield _Flow(Named(name), implementer, path)
        filled = error_parameters(attributes)
        # Of slots that have one signature, the first tells all.
        if (id(signature), implementer, filled, ends) in self._met:
            return
        self._met.add((id(signature), implementer, filled, ends))
        # A handle is its maker's, whoever has it.
        handles = _words(attributes, "handle", "destroy")
        for parameter in signature.parameters:
            # An object goes back to whoever implements it.
            if parameter.receiver or (
                not parameter.attributes.all and names_nothing(parameter.type)
            ):
                continue
            if parameter.name in handles or (ends and _leads_to_object(parameter.type)):
                continue
            is_out = _is_out(parameter.attributes) or parameter.name in filled
            if not names_nothing(parameter.type):
                yield _Flow(parameter.type, implementer.other, path, parameter.own, is_out)
            giver = implementer if is_out else implementer.other
            for name in _meant(parameter.attributes) if parameter.attributes.all else ():
                yield _Flow(Named(name), giver, path)
        if signature.result is not None:
            own = signature.result.own or attributes.has("create")
            yield _Flow(signature.result.type, implementer, path, own)
            for name in _meant(signature.result.attributes):
                yield _Flow(Named(name), implementer, path)


def _ending(library: Library) -> Iterator[str]:
    """ex) ``close`` of ``@free(close)``, ``take`` and ``give`` of ``@refcounted(take, give)``"""
    for attributes in said(library.declarations):
        yield from _named(attributes, Kind.FUNCTION)


def _words(attributes: Attributes, *names: str) -> frozenset[str]:
    """What attributes of these names name. ex) ``end`` of ``@drop(end)``"""
    found = (attributes.get(name) for name in names) if attributes.all else ()
    words = (word for each in found if each is not None for word in each.arguments)
    return frozenset(each.text for each in words if isinstance(each, Word))


def _leads_to_object(given: Type) -> bool:
    return isinstance(given, Pointer) and isinstance(given.pointee, Named)


def _behind(flow: _Flow, pointer: Pointer) -> Iterator[_Flow]:
    """What a pointer leads to. What is only read, or handed over, goes one way; what the callee fills
    goes the other way, and anything else both."""
    if not flow.is_out:
        yield _Flow(pointer.pointee, flow.giver, flow.path)
    if flow.is_out or (pointer.mutable and not flow.own and _is_data(pointer.pointee)):
        yield _Flow(pointer.pointee, flow.giver.other, flow.path)


def _is_data(pointee: Type) -> bool:
    """Scalars say nothing; functions stay whose they are."""
    return not isinstance(pointee, FunctionPointer)


def _meant(attributes: Attributes) -> Iterator[str]:
    """Types that stand in no signature, because an integer or an untyped pointer carries them.

    ex) ``SourceVtable`` of ``*mut void @to(SourceVtable)``
    """
    yield from _named(attributes, Kind.ENUM, Kind.OBJECT)


def _named(attributes: Attributes, *kinds: Kind) -> Iterator[str]:
    """What arguments of these kinds name."""
    for attribute in attributes.all:
        arguments = ATTRIBUTES[attribute.name].arguments
        for argument, value in zip(arguments, attribute.arguments, strict=False):
            if argument.kind in kinds and isinstance(value, Word):
                yield value.text


def _is_out(attributes: Attributes) -> bool:
    return attributes.has("out") or attributes.has("error")


def error_parameters(attributes: Attributes) -> frozenset[str]:
    """Parameters in which a function says why it failed: it fills them, and its caller reads them.

    ex) ``out_error`` of ``@error(out_error)``
    """
    return _words(attributes, "error")


def _embedded(library: Library) -> Iterator[tuple[str, str]]:
    for declared in library.declarations:
        for member in members_of(declared):
            if isinstance(member, Field):
                for name in _by_value(member.type):
                    yield name, f"{declared.name}.{member.name or '_'}"


def _by_value(given: Type) -> Iterator[str]:
    match given:
        case Named():
            yield given.name
        case Array():
            yield from _by_value(given.element)
        case Nested():
            for each in given.aggregate.fields:
                yield from _by_value(each.type)
