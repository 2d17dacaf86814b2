"""Words: which names a piece of a syntax tree mentions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from abilock.source import Span
from abilock.syntax import ast

#: What stands in place of the type of `self`.
_RECEIVERS = frozenset({"const", "mut", "own"})

#: Attributes that change offsets.
_OF_LAYOUT = frozenset({"packed", "align"})


def words(node: object) -> frozenset[str]:
    return frozenset(types(node)) | frozenset(references(node))


def types(node: object) -> Iterator[str]:
    for each in nodes(node):
        match each:
            case ast.NamedType(name=text) | ast.VtableDecl(convention=ast.Name(text=text)):
                yield text
            case ast.Scheme(acquire=acquire, release=release):
                yield acquire.text
                yield release.text if release is not None else acquire.text
            case _:
                pass


def mentioned(node: object) -> frozenset[str]:
    """The types that are mentioned, and the values that lengths and constants are made of."""
    of_numbers = (
        name
        for each in nodes(node)
        if isinstance(each, ast.ArrayType | ast.Constant)
        for name in references(each.length if isinstance(each, ast.ArrayType) else each.value)
    )
    return frozenset({*types(node), *of_numbers}) - _RECEIVERS


def held(node: object) -> Iterator[str]:
    """The types that are held by value, and the values that decide how many bytes there are."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        match each:
            case ast.PointerType() | ast.FunctionType() | ast.Slot():
                pass
            case ast.NamedType(name=text):
                yield text
            case ast.Attribute(name=ast.Name(text=text)) if text not in _OF_LAYOUT:
                pass
            case ast.Reference(parts=parts):
                yield from parts
            case Span():
                pass
            case tuple():
                waiting += each
            case _ if is_dataclass(each):
                if isinstance(each, ast.VtableDecl) and each.convention is not None:
                    yield each.convention.text
                waiting += [getattr(each, field.name) for field in fields(each)]
            case _:
                pass


def references(node: object) -> Iterator[str]:
    for each in nodes(node):
        if isinstance(each, ast.Reference):
            yield from each.parts


def inner_names(node: object) -> Iterator[str]:
    for each in nodes(node):
        match each:
            case ast.Field() | ast.Slot() | ast.EnumValue():
                yield each.name.text
            case ast.Parameter(name=ast.Name(text=text)):
                yield text
            case _:
                pass


def nodes(node: object) -> Iterator[object]:
    """A node of the tree and all within it."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Span):
            continue
        if isinstance(each, tuple):
            waiting += each
        elif is_dataclass(each):
            yield each
            waiting += [getattr(each, field.name) for field in fields(each)]
