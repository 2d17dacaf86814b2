"""What a slot gets as ``self``: a context that is kept in a field, or the object itself."""

from __future__ import annotations

from abilock.model.attributes import Attributes, Word
from abilock.model.decls import Vtable, members_of
from abilock.model.types import Aggregate

#: In ``@object``: the address of the thing that says so.
ITSELF = "self"


def object_words(attributes: Attributes) -> tuple[str, ...]:
    """What ``@object`` names. ex) ``("ctx", "table")``, ``("self",)``"""
    attribute = attributes.get("object")
    if attribute is None:
        return ()
    return tuple(each.text for each in attribute.arguments if isinstance(each, Word))


def is_own_context(declared: Aggregate | Vtable) -> bool:
    """Whether ``self`` is its address. A field of that name is meant first."""
    return object_words(declared.attributes)[:1] == (ITSELF,) and not any(
        member.name == ITSELF for member in members_of(declared)
    )
