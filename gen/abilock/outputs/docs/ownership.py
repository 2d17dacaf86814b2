"""Who owns what is handed over, and how it ends, as far as one can tell at the place where it is."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from abilock.model.attributes import Attribute, Attributes
from abilock.model.decls import Alias, Library, Vtable
from abilock.model.types import Named, Pointer, Type
from abilock.outputs.docs.links import Links, Scope
from abilock.outputs.wording import spell_argument

#: How things end; where one of these stands, no more is to be said.
_ENDS = ("owned", "free", "drop", "release", "refcounted")


class Owner(Enum):
    """Who owns what is handed over."""

    CALLER = "It is the caller's"
    CALLEE = "It is the callee's"
    HOLDER = "Belongs to whoever owns the struct"


def ownership(
    owner: Owner, given: Type, own: bool, attributes: Attributes, library: Library, links: Links
) -> str:
    """A sentence, or nothing for what is only lent.

    ex) ``It is the caller's, and ends with its own [`drop_fn`](#sourcevtabledrop_fn).``

    What a function returns by value is the caller's if its type has an end, also without ``own``.
    """
    if any(attributes.has(word) for word in _ENDS):
        return f"{owner.value}." if own else ""
    ending = ", and ".join(_ending(given, library, links))
    is_returned = owner is Owner.CALLER and not isinstance(_target(given, library), Pointer)
    if ending and (own or is_returned):
        return f"{owner.value}, and {ending}."
    return f"{owner.value}." if own else ""


def _ending(given: Type, library: Library, links: Links) -> Iterator[str]:
    """How the thing, or what it points to, ends.

    ex) ``ends with its own `drop_fn```, ``is freed with the allocator `rust```
    """
    while True:
        if isinstance(given, Pointer):
            given = given.pointee
        if not isinstance(given, Named):
            return
        declaration = library.find(given.name)
        attributes = declaration.attributes
        if isinstance(declaration, Alias):
            attributes = Attributes((*attributes.all, *declaration.type_attributes.all))
        if not isinstance(declaration, Alias) or any(attributes.has(word) for word in _ENDS):
            break
        given = declaration.type
    member = _argument(attributes.get("drop") or attributes.get("release"))
    if not member and isinstance(declaration, Vtable):
        member = next((slot.name for slot in declaration.slots if slot.drop), "")
    function = _argument(attributes.get("free") or attributes.get("refcounted"), -1)
    if member:
        yield f"ends with its own {links.code(member, Scope(declaration.name))}"
    elif function:
        yield f"ends with {links.code(function, Scope(declaration.name))}"
    if attributes.has("owned"):
        yield f"is freed with the allocator `{_argument(attributes.get('owned'))}`"


def _argument(attribute: Attribute | None, at: int = 0) -> str:
    return spell_argument(attribute.arguments[at]) if attribute is not None else ""


def _target(given: Type, library: Library) -> Type:
    """What aliases stand for in the end."""
    while isinstance(given, Named) and isinstance(alias := library.find(given.name), Alias):
        given = alias.type
    return given
