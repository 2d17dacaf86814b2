"""Where the comments of a file belong: to the item, member, parameter or value that they stand at.

A comment in a place where the canonical text has none, such as between `:` and a type, moves to the
nearest place that has one. No comment is lost, and all keep their order.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from abilock.source import SourceFile
from abilock.syntax import ast
from abilock.syntax.machine import lexemes

_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_SEPARATORS = frozenset({"COMMA", "SEMICOLON"})
_STOPS = _SEPARATORS | {""}
_OPENING = frozenset({"LBRACE", "LPAR", "LSQB"})
_CLOSING = frozenset({"RBRACE", "RPAR", "RSQB"})


@dataclass(frozen=True, slots=True)
class Placed:
    """A comment before something. ``alone``: on a line of its own; ``blank``: behind a blank line."""

    text: str
    alone: bool
    blank: bool = False


@dataclass(slots=True)
class Around:
    """The comments at one item, member, parameter or value, in their order.

    ``inner`` ones stand before the separator and are short; ``trailing`` ones end the line.
    ``blank``: a blank line parts it from what is before.
    """

    before: list[Placed] = field(default_factory=list)
    after_docs: list[str] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)
    trailing: list[str] = field(default_factory=list)
    blank: bool = False


@dataclass(slots=True)
class Inside:
    """The comments right behind an opening bracket, and those on lines before the closing one.
    ``flat``: nothing in the source ends a line between the two."""

    opening: list[str] = field(default_factory=list)
    closing: list[Placed] = field(default_factory=list)
    flat: bool = True


Unit: TypeAlias = ast.Item | ast.Member | ast.EnumValue | ast.Parameter
#: What has a list of units in brackets.
Container: TypeAlias = (
    ast.Signature | ast.AggregateType | ast.Aggregate | ast.EnumDecl | ast.VtableDecl
)

#: Units with a separator behind them, several of which may share a line.
_LISTED = (ast.Field, ast.Slot, ast.EnumValue, ast.Parameter)


@dataclass(frozen=True, slots=True)
class _Extent:
    """A unit from its docs and attributes on: ``start``, ``body`` without these, ``end``, and where
    the separator behind it is."""

    unit: Unit | None
    start: int
    body: int
    end: int
    separator: int


class Comments:
    """Looks up what stands at a node. Without a source there are no comments and no blank lines."""

    def __init__(self, file: ast.File, source: SourceFile | None) -> None:
        self._around: dict[int, Around] = {}
        self._inside: dict[int, Inside] = {}
        self.docs = Around()
        self.end: list[Placed] = []
        self.known = source is not None
        if source is not None:
            _Attacher(file, source, self).attach()

    def around(self, unit: Unit) -> Around:
        return self._around.get(id(unit)) or Around()

    def inside(self, container: Container) -> Inside | None:
        return self._inside.get(id(container))

    def put_around(self, unit: Unit | None) -> Around:
        """The record of a unit, to be filled; None stands for the docs of the file."""
        return self.docs if unit is None else self._around.setdefault(id(unit), Around())

    def put_inside(self, container: Container) -> Inside:
        return self._inside.setdefault(id(container), Inside())


def is_short(text: str) -> bool:
    """Whether something may follow the comment on its line."""
    return text.startswith("/*") and "\n" not in text


class _Attacher:
    def __init__(self, file: ast.File, source: SourceFile, found: Comments) -> None:
        self._file = file
        self._text = source.text
        self._found = found
        self._kinds: list[str] = []
        self._starts: list[int] = []
        self._partner: dict[int, int] = {}
        self._file_docs: list[tuple[int, int]] = []
        self._read_tokens()

    def _read_tokens(self) -> None:
        opened: list[int] = []
        for kind, start, end in lexemes(self._text):
            if kind == "FILE_DOC":
                self._file_docs.append((start, end))
            if kind in ("WHITESPACE", "LINE_COMMENT", "BLOCK_COMMENT", "FILE_DOC"):
                continue
            self._kinds.append(kind)
            self._starts.append(start)
            if kind in _OPENING:
                opened.append(start)
            elif kind in _CLOSING and opened:
                self._partner[opened[-1]] = start
                self._partner[start] = opened.pop()

    def attach(self) -> None:
        extents = []
        if self._file_docs:
            start, end = self._file_docs[0][0], self._file_docs[-1][1]
            extents.append(_Extent(None, start, start, end, end))
        extents += self._extents(self._file.items, 0, len(self._text))
        whole = Inside()
        self._place(extents, self._file.comments, 0, len(self._text), whole)
        self._found.end = whole.closing

    # --- where units are

    def _extents(self, units: Sequence[Unit], at: int, until: int) -> list[_Extent]:
        """The units that stand one after the other between two offsets."""
        extents: list[_Extent] = []
        index = bisect_left(self._starts, at)
        for unit in units:
            start = self._starts[index]
            end = unit.span.end
            index = bisect_left(self._starts, end)
            separator = end
            # A type in parentheses has a span without them, so that the separator may not be next.
            while isinstance(unit, _LISTED) and self._kind(index, until) not in _STOPS:
                index += 1
            if self._kind(index, until) in _SEPARATORS:
                separator = self._starts[index]
            while self._kind(index, until) in _SEPARATORS:
                index += 1
            extents.append(_Extent(unit, start, unit.span.start, end, separator))
        return extents

    def _kind(self, index: int, until: int) -> str:
        """The kind of a token, or nothing if it stands behind the offset."""
        within = index < len(self._starts) and self._starts[index] < until
        return self._kinds[index] if within else ""

    def _has_docs(self, extent: _Extent) -> bool:
        unit = extent.unit
        return unit is not None and not isinstance(unit, ast.Gap) and bool(unit.decor.docs)

    # --- the comments of one list of units

    def _place(
        self,
        extents: Sequence[_Extent],
        comments: Sequence[ast.Comment],
        opening: int,
        closing: int,
        inside: Inside,
        left_over: Sequence[str] = (),
    ) -> None:
        """Deal ``comments``, all between the offsets ``opening`` and ``closing``, out to the units;
        ``left_over`` found no place before."""
        at = 0
        previous: _Extent | None = None
        last = opening
        for extent in extents:
            first = at
            while at < len(comments) and comments[at].span.start < extent.start:
                at += 1
            last = self._between(
                comments[first:at], left_over, previous, extent, last, extent.start, inside
            )
            around = self._found.put_around(extent.unit)
            around.blank = self._blank(last, extent.start)
            first = at
            while at < len(comments) and comments[at].span.start < extent.end:
                at += 1
            left_over = self._within(extent, comments[first:at])
            previous, last = extent, extent.end
        self._between(comments[at:], left_over, previous, None, last, closing, inside)

    def _between(
        self,
        comments: Sequence[ast.Comment],
        left_over: Sequence[str],
        previous: _Extent | None,
        following: _Extent | None,
        last: int,
        until: int,
        inside: Inside,
    ) -> int:
        """Comments between two units, or a unit and a bracket. The result is where the last one ends."""
        ahead = self._found.put_around(following.unit).before if following else inside.closing
        ahead += [Placed(text, alone=True) for text in left_over]
        same_line = not left_over
        for comment in comments:
            text, start, end = comment.text.rstrip(), comment.span.start, comment.span.end
            same_line = same_line and "\n" not in self._text[last:start]
            blank = self._blank(last, start)
            last = end
            joined = is_short(text) and "\n" not in self._text[end:until]
            if following and joined:
                before_separator = previous is not None and start < previous.separator
                if not (same_line and previous and before_separator):
                    alone = self._stands_alone(following)
                    ahead.append(Placed(text, alone, blank))
                    same_line = False
                    continue
            if same_line and previous is not None:
                if self._add_behind(previous, text, joined or start < previous.separator):
                    continue
            elif same_line and following and isinstance(following.unit, (*_LISTED, ast.Gap)):
                # Behind an opening bracket; a file has none.
                inside.opening.append(text)
                same_line = is_short(text)
                continue
            same_line = False
            ahead.append(Placed(text, alone=True, blank=blank))
        return last

    def _stands_alone(self, extent: _Extent) -> bool:
        """Whether a comment before this unit has a line of its own in any case."""
        return self._has_docs(extent) or not isinstance(extent.unit, _LISTED)

    def _add_behind(self, extent: _Extent, text: str, before_separator: bool) -> bool:
        """Put a comment behind a unit, unless one there already ends the line."""
        around = self._found.put_around(extent.unit)
        if around.trailing and not is_short(around.trailing[-1]):
            return False
        is_listed = isinstance(extent.unit, _LISTED)
        if before_separator and is_short(text) and is_listed and not around.trailing:
            around.inner.append(text)
        else:
            around.trailing.append(text)
        return True

    def _within(self, extent: _Extent, comments: Sequence[ast.Comment]) -> list[str]:
        """Comments inside of a unit. The result are those that found no place there."""
        containers = [] if extent.unit is None else list(_containers(extent.unit))
        places = []
        for container in containers:
            opening, closing = self._brackets(container)
            places.append((container, opening, closing))
            self._found.put_inside(container).flat = "\n" not in self._text[opening:closing]
        around = self._found.put_around(extent.unit)
        waiting: list[str] = []
        passed = False
        at = 0
        for container, opening, closing in places:
            first = at
            while at < len(comments) and comments[at].span.start < opening:
                at += 1
            waiting += self._hoist(extent, comments[first:at], around, passed)
            first = at
            while at < len(comments) and comments[at].span.start < closing:
                at += 1
            inner = comments[first:at]
            self._place(
                self._extents(_units(container), opening + 1, closing),
                inner,
                opening + 1,
                closing,
                self._found.put_inside(container),
                waiting if inner else (),
            )
            if inner:
                passed = True
                waiting = []
        waiting += self._hoist(extent, comments[at:], around, passed)
        while waiting and self._add_behind(extent, waiting[0], before_separator=True):
            del waiting[0]
        return waiting

    def _hoist(
        self, extent: _Extent, comments: Sequence[ast.Comment], around: Around, passed: bool
    ) -> list[str]:
        """Comments in the middle of a unit go before it. The result are those that would come before
        others then."""
        texts = [comment.text.rstrip() for comment in comments]
        if passed:
            return texts
        for text in texts:
            if self._has_docs(extent):
                around.after_docs.append(text)
            else:
                alone = not is_short(text) or self._stands_alone(extent)
                around.before.append(Placed(text, alone))
        return []

    def _brackets(self, container: Container) -> tuple[int, int]:
        """The offsets of the container's brackets."""
        if isinstance(container, ast.Signature):
            return container.span.start, self._partner[container.span.start]
        closing = container.span.end - 1
        return self._partner[closing], closing

    def _blank(self, start: int, end: int) -> bool:
        return _BLANK_LINE.search(self._text, start, end) is not None


def _units(container: Container) -> Sequence[Unit]:
    match container:
        case ast.Signature():
            return container.parameters
        case ast.EnumDecl():
            return container.values
        case ast.AggregateType() | ast.Aggregate() | ast.VtableDecl():
            return container.members


def _containers(node: Unit | ast.TypeUse | ast.Type | ast.Signature) -> list[Container]:
    """The outermost lists of units inside of a node, in the order of the text."""
    match node:
        case ast.Aggregate() | ast.VtableDecl() | ast.EnumDecl() | ast.AggregateType():
            return [node]
        case ast.Signature():
            return [node, *(_containers(node.result) if node.result else [])]
        case ast.Callback() | ast.Slot() | ast.EntryFunction() | ast.FunctionType():
            return _containers(node.signature)
        case ast.Field() | ast.Parameter() | ast.Alias() | ast.EntryStatic() | ast.TypeUse():
            return _containers(node.type)
        case ast.PointerType():
            return _containers(node.pointee)
        case ast.NullableType():
            return _containers(node.inner)
        case ast.ArrayType():
            return _containers(node.element)
        case _:
            return []
