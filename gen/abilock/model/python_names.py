"""What ``@py`` and ``@strip`` make of names: the ones that Python code uses."""

from __future__ import annotations

from abilock.model.attributes import Attributes, Text
from abilock.model.naming import PYTHON_RESERVED, python_name

#: Words only in places where no name stands, so that a name may be one of them.
_SOFT_WORDS = frozenset("match case type".split())


def bound_name(name: str, attributes: Attributes, ending: str = "") -> str:
    """The name in Python of what is called ``name`` and has these attributes.

    ``ending``: what names of its kind leave out; see :func:`stripped_ending`. ex) ``id`` for ``id_fn``
    """
    given = _text(attributes, "py")
    if given is not None:
        return given
    if ending and name != ending:
        name = name.removesuffix(ending)
    return python_name(name)


def stripped_ending(abi: Attributes, vtable: Attributes | None = None) -> str:
    """What the names of functions leave out: slots, fields that are functions, and entries.

    What a vtable says of its members replaces what the ABI says.
    """
    own = _text(vtable, "strip") if vtable is not None else None
    return own if own is not None else _text(abi, "strip") or ""


def python_refusal(name: str) -> str | None:
    """Why ``@py`` may not give this name, or None if it may."""
    if name in PYTHON_RESERVED - _SOFT_WORDS:
        return "is a word of Python"
    if name.startswith("__"):
        return "has a meaning of its own in Python"
    return "is reserved for what generated code needs itself" if name.startswith("_abi_") else None


def _text(attributes: Attributes, name: str) -> str | None:
    attribute = attributes.get(name)
    first = attribute.arguments[0] if attribute is not None else None
    return first.text if isinstance(first, Text) else None
