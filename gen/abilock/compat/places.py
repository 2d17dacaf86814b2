"""Where a change is: from the full name of an element to what it is, and who provides it."""

from __future__ import annotations

from collections.abc import Mapping

from abilock.compat.roles import Roles, Side
from abilock.frozen import frozen
from abilock.model.attributes import Attributes
from abilock.model.decls import (
    Alias,
    Callback,
    Declaration,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    EnumValue,
    Library,
    Member,
    Slot,
    Vtable,
    members_of,
)
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    FunctionPointer,
    Named,
    Nested,
    Parameter,
    Pointer,
    Result,
    Signature,
    Type,
)

_ANYBODY = frozenset(Side)
RETURN = "return"


@frozen
class Place:
    """An element of one description.

    ``owner``: its declaration; ``member``: what of that it is, or is in. ``item``: the element itself.
    ``holder``: the struct, union or vtable that ``member`` stands in, which may be a nested one.
    ``providers``: who makes the value, or implements the function; ``is_passed``: it crosses in a call.
    """

    owner: Declaration
    holder: Aggregate | Vtable | None
    member: Member | EnumValue | None
    item: Declaration | Member | EnumValue | Parameter | Result
    providers: frozenset[Side]
    is_passed: bool = False

    @property
    def attributes(self) -> Attributes:
        return self.item.attributes

    @property
    def type(self) -> Type | None:
        """Of a field, parameter, result or variable."""
        if isinstance(self.item, (Field, Parameter, Result, EntryStatic)):
            return self.item.type
        return None

    @property
    def is_member(self) -> bool:
        """Whether it is a member itself, and not in the signature of one."""
        return self.item is self.member


class Places:
    """The elements of a description by their full names, each found once: many changes are in one."""

    def __init__(self, library: Library, roles: Roles) -> None:
        self._library = library
        self._roles = roles
        self._known: dict[str, Place | None] = {}
        #: By the full name of what has them.
        self._members: dict[str, Mapping[str, Member]] = {}

    def find(self, subject: str) -> Place | None:
        """The element of this full name; None if the description has none."""
        if subject not in self._known:
            around, _, name = subject.rpartition(".")
            self._known[subject] = self._inside(around, name) if around else self._declared(name)
        return self._known[subject]

    def _declared(self, name: str) -> Place | None:
        declared = _find(self._library, name)
        if declared is None:
            return None
        providers = self._roles.providers.get(name, frozenset())
        if isinstance(declared, (EntryFunction, EntryStatic)):
            providers = frozenset({Side.PLUGIN})
        return Place(declared, None, None, declared, providers or _ANYBODY)

    def _inside(self, around: str, name: str) -> Place | None:
        at = self.find(around)
        if at is None:
            return None
        item = at.item
        match item:
            case Aggregate() | Vtable():
                return self._member(around, at, item, name)
            case EnumDecl():
                values = [each for each in item.values if each.name == name]
                return Place(item, None, values[0], values[0], at.providers) if values else None
            case Callback() | EntryFunction() | Slot():
                return _signature(at, item.signature, name)
            case Field() if isinstance(item.type, Nested):
                return self._member(around, at, item.type.aggregate, name)
            case Field() | Parameter() | Result() | EntryStatic():
                signature = _function(self._library, item.type)
                return _signature(at, signature, name) if signature else None
            case _:
                return None

    def _member(
        self, around: str, at: Place, holder: Aggregate | Vtable, name: str
    ) -> Place | None:
        if around not in self._members:
            # Of several without a name, the first one is meant.
            members = reversed(members_of(holder))
            self._members[around] = {each.name or "_": each for each in members}
        member = self._members[around].get(name)
        return Place(at.owner, holder, member, member, at.providers) if member else None


def _find(library: Library, name: str) -> Declaration | None:
    try:
        return library.find(name)
    except KeyError:
        return None


def _signature(at: Place, signature: Signature, name: str) -> Place | None:
    """``at.providers`` implement it: they give results, and others give parameters."""
    if name == RETURN:
        if signature.result is None:
            return None
        return Place(at.owner, at.holder, at.member, signature.result, at.providers, True)
    others = frozenset(side.other for side in at.providers)
    for index, each in enumerate(signature.parameters):
        if (each.name or str(index)) == name:
            return Place(at.owner, at.holder, at.member, each, others, True)
    return None


def _function(library: Library, given: Type) -> Signature | None:
    match given:
        case FunctionPointer():
            return given.signature
        case Pointer():
            return _function(library, given.pointee)
        case Array():
            return _function(library, given.element)
        case Named():
            declared = _find(library, given.name)
            return _function(library, declared.type) if isinstance(declared, Alias) else None
        case _:
            return None
