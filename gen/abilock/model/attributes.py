"""Attributes after checking: known names, with arguments of the right kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from abilock.model.version import Version
from abilock.source import Span


@dataclass(frozen=True, slots=True)
class Word:
    """A name that stands for itself or for a declaration, member or parameter.

    ex) ``call`` in ``@until(call)``, ``key_len`` in ``@len(key_len)``
    """

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """ex) ``"use open2"``"""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """ex) ``0`` in ``@ok(0)``"""

    value: int


@dataclass(frozen=True, slots=True)
class Below:
    """ex) ``< 0`` in ``@fails(< 0)``; ``operator`` is one of ``< <= > >=``."""

    operator: str
    value: int


@dataclass(frozen=True, slots=True)
class Applied:
    """ex) ``until(stop_fn)`` in ``@scope(until(stop_fn))``"""

    name: str
    arguments: tuple[ArgumentValue, ...]


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression over members or parameters, in canonical text.

    ex) ``width * height`` in ``@len(width * height)``
    """

    text: str
    names: tuple[str, ...]


ArgumentValue: TypeAlias = Word | Text | Number | Below | Applied | Formula | Version


@dataclass(frozen=True, slots=True)
class Attribute:
    """ex) ``@string(ptr, len)`` is ``Attribute("string", (Word("ptr"), Word("len")))``"""

    name: str
    arguments: tuple[ArgumentValue, ...] = ()
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Attributes:
    """The attributes of one declaration, member, parameter, value or type use."""

    all: tuple[Attribute, ...] = ()

    def get(self, name: str) -> Attribute | None:
        """The attribute of this name; a name stands at most once, checking sees to it."""
        for attribute in self.all:
            if attribute.name == name:
                return attribute
        return None

    def has(self, name: str) -> bool:
        return self.get(name) is not None

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
