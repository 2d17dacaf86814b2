"""Attributes after checking: known names, with arguments of the right kind."""

from __future__ import annotations

from dataclasses import field
from typing import TypeAlias

from abilock.frozen import frozen
from abilock.model.version import Version
from abilock.source import Span


@frozen
class Word:
    """A name that stands for itself or for a declaration, member or parameter.

    ex) ``call`` in ``@until(call)``, ``key_len`` in ``@len(key_len)``
    """

    text: str


@frozen
class Text:
    """ex) ``"use open2"``"""

    text: str


@frozen
class Number:
    """ex) ``0`` in ``@ok(0)``"""

    value: int


@frozen
class Below:
    """ex) ``< 0`` in ``@fails(< 0)``; ``operator`` is one of ``< <= > >=``."""

    operator: str
    value: int


@frozen
class Applied:
    """ex) ``until(stop_fn)`` in ``@scope(until(stop_fn))``"""

    name: str
    arguments: tuple[ArgumentValue, ...]


@frozen
class Formula:
    """An expression over members or parameters, in canonical text.

    ex) ``width * height`` in ``@len(width * height)``
    """

    text: str
    names: tuple[str, ...]


ArgumentValue: TypeAlias = Word | Text | Number | Below | Applied | Formula | Version


@frozen
class Attribute:
    """ex) ``@string(ptr, len)`` is ``Attribute("string", (Word("ptr"), Word("len")))``"""

    name: str
    arguments: tuple[ArgumentValue, ...] = ()
    span: Span | None = field(default=None, compare=False, repr=False)


@frozen
class Attributes:
    """The attributes of one declaration, member, parameter, value or type use."""

    all: tuple[Attribute, ...] = ()

    def get(self, name: str) -> Attribute | None:
        """The attribute of this name; a name stands at most once, checking sees to it."""
        for attribute in self.all:
            if attribute.name == name:
                return attribute
        return None

    def __or__(self, other: Attributes) -> Attributes:
        """The attributes of both."""
        if not (self.all and other.all):
            return self if self.all else other
        return Attributes(self.all + other.all)

    def has(self, name: str) -> bool:
        return any(attribute.name == name for attribute in self.all) if self.all else False

    def without(self, name: str) -> Attributes:
        """Everything but the attribute of this name."""
        return Attributes(tuple(each for each in self.all if each.name != name))

    def version(self, name: str) -> Version | None:
        """The version argument of ``@since`` or ``@deprecated``."""
        attribute = self.get(name)
        if attribute is None:
            return None
        first = attribute.arguments[0]
        return first if isinstance(first, Version) else None


#: Attributes of pointers that lead to several elements, side by side.
SEVERAL = ("len", "lens", "size", "capacity", "written", "until_value")

#: Attributes of how functions may be called. What a table says of it holds for slots that do not.
OF_CALLS = ("thread", "exclusive", "blocking", "reentrant")

#: Attributes of how a call went, which stand on a function or on its result.
OF_OUTCOMES = ("ok", "fails", "retry", "errors", "error", "truth")

#: Where nothing is said.
NO_ATTRIBUTES = Attributes()
