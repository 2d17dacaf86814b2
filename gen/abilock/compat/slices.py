"""Pieces of a description's text: items, and the members of records, with the comments around them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from abilock.source import SourceFile, Span
from abilock.syntax import ast

#: What ends a member, and a comment behind it on the same line.
_END = re.compile(r"[ \t]*[,;]?([ \t]*(?://[^\n]*|/\*[^\n]*?\*/))?(?=[ \t]*(?:\n|$|}))|[ \t]*[,;]?")

Part: TypeAlias = ast.Field | ast.Slot | ast.EnumValue | ast.Item


@dataclass(frozen=True, slots=True)
class Slice:
    """The text of one member, value or item, with the docs, attributes and comments before it.

    ``head``: where in ``text`` the element itself begins, behind its docs and attributes. ``end``: where
    it ends; behind that stands a separator and a comment.
    """

    name: str
    text: str
    head: int
    end: int
    part: Part
    base: int

    def before(self, words: str) -> Slice:
        """With this between the attributes and the element."""
        text = f"{self.text[: self.head]}{words} {self.text[self.head :]}"
        added = len(words) + 1
        return replace(self, text=text, head=self.head + added, end=self.end + added)

    def with_attribute(self, name: str, text: str) -> Slice:
        """With this attribute instead of one of its name, or as another one."""
        return self.with_attributes({name: text})

    def with_attributes(self, texts: Mapping[str, str]) -> Slice:
        """With these attributes instead of those of their names, or as others; without one of no text."""
        piece = self
        decor = getattr(self.part, "decor", ast.Decor())
        # From the last one on, since what is exchanged moves what stands behind it.
        for each in reversed(decor.attributes):
            if each.name.text in texts:
                piece = piece._exchanged(each.span, texts[each.name.text])
        for name, text in texts.items():
            if text and not self.has(name):
                piece = piece.before(text)
        return piece

    def _exchanged(self, span: Span, text: str) -> Slice:
        start, end = span.start - self.base, span.end - self.base
        changed = f"{self.text[:start]}{text}{self.text[end:]}"
        added = len(text) - (end - start)
        return replace(self, text=changed, head=self.head + added, end=self.end + added)

    def without_attribute(self, name: str) -> Slice:
        """Without the attribute of this name."""
        return self.with_attribute(name, "")

    def has(self, name: str) -> bool:
        """Whether it has an attribute of this name."""
        decor = getattr(self.part, "decor", ast.Decor())
        return any(each.name.text == name for each in decor.attributes)

    def called(self, name: str) -> Slice:
        """Under another name."""
        pattern = re.compile(rf"\b{re.escape(self.name)}\b")
        changed = pattern.sub(name, self.text[self.head :], count=1)
        added = len(name) - len(self.name)
        return replace(self, name=name, text=self.text[: self.head] + changed, end=self.end + added)

    @property
    def separated(self) -> str:
        """The text with a separator behind the element."""
        rest = self.text[self.end :].lstrip(" \t,;")
        return f"{self.text[: self.end].strip()}, {rest}".rstrip()


def members(
    source: SourceFile, item: ast.Aggregate | ast.VtableDecl | ast.EnumDecl
) -> tuple[Slice, ...]:
    """The members or values of an item, in order. Those without a name are called ``_0``, ``_1``, …"""
    start, _ = braces(source, item)
    parts: Sequence[ast.Member | ast.EnumValue]
    parts = item.values if isinstance(item, ast.EnumDecl) else item.members
    found: list[Slice] = []
    unnamed = 0
    for part in parts:
        stop = _END.match(source.text, part.span.end)
        end = stop.end() if stop else part.span.end
        if isinstance(part, ast.Gap):
            start = end
            continue
        name = part.name.text
        if name == "_":
            name, unnamed = f"_{unnamed}", unnamed + 1
        found.append(
            Slice(
                name,
                source.text[start:end],
                part.span.start - start,
                part.span.end - start,
                part,
                start,
            )
        )
        start = end
    return tuple(found)


def braces(
    source: SourceFile, item: ast.Aggregate | ast.VtableDecl | ast.EnumDecl
) -> tuple[int, int]:
    """Where the inside of an item begins and ends."""
    return source.text.index("{", item.span.start) + 1, source.text.rindex("}", 0, item.span.end)


def items(source: SourceFile, file: ast.File) -> tuple[Slice, ...]:
    """The items that declare something."""
    found: list[Slice] = []
    start = 0
    for item in file.items:
        name = getattr(item, "name", None)
        if isinstance(name, ast.Name) and not isinstance(item, ast.Abi):
            text = source.text[start : item.span.end]
            head, end = item.span.start - start, item.span.end - start
            found.append(Slice(name.text, text, head, end, item, start))
        start = item.span.end
    return tuple(found)
