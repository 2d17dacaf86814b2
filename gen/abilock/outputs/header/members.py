"""Comments and members of a header: what a reviewer reads most."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from abilock.model.attributes import Attributes
from abilock.model.decls import Member
from abilock.model.types import (
    Aggregate,
    Array,
    Doc,
    Field,
    FunctionPointer,
    Nested,
    Pointer,
    Signature,
    Type,
)
from abilock.outputs.c_declarations import (
    CNaming,
    base_text,
    declare_lines,
    string_literal,
    take_apart,
)
from abilock.outputs.comments import c_comment_lines
from abilock.outputs.header.macros import is_extension
from abilock.outputs.wording import remarks, slot_remarks

#: Columns that a line may fill, indentation included.
WIDTH = 100
_INDENT = 4


@dataclass(frozen=True, slots=True)
class MemberView:
    """One member. A nested one has ``members`` between its first line and ``closing``; inside a packed
    item it ``unpacks`` them, since packing concerns the item's own members only.

    ex) ``size_t len;``; ``struct {``, members, ``} head;``
    """

    comment: tuple[str, ...]
    lines: tuple[str, ...]
    unpacks: bool = False
    is_nested: bool = False
    members: tuple[MemberView, ...] = ()
    closing: str = ""


@dataclass(frozen=True, slots=True)
class Members:
    """Makes the members of one header."""

    naming: CNaming
    prefix: str

    def view(self, member: Member, depth: int = 1, *, in_packed: bool = False) -> MemberView:
        """A field or slot inside ``depth`` pairs of braces."""
        width = WIDTH - _INDENT * depth
        if not isinstance(member, Field):
            pointer = FunctionPointer(member.signature)
            notes = slot_remarks(member)
            comment = function_comment(member.doc, notes, member.signature, width)
            declared = self._declared(pointer, member, width)
            return MemberView(comment, self._marked_member(member, declared, ";"))
        comment = field_comment(member, width)
        nested = _nested(member.type)
        if nested is not None:
            return self._nested(member, nested, comment, depth, in_packed)
        declared = self._declared(member.type, member, width)
        bits = "" if member.bits is None else f" : {member.bits}"
        return MemberView(comment, self._marked_member(member, declared, f"{bits};"))

    def _declared(self, type_: Type, member: Member, width: int) -> tuple[str, ...]:
        return declare_lines(type_, self._name(member), self.naming, width)

    def _name(self, member: Member) -> str:
        return self.naming.member(member.name, member.attributes) if member.name else ""

    def _nested(
        self,
        member: Field,
        nested: Aggregate,
        comment: tuple[str, ...],
        depth: int,
        in_packed: bool,
    ) -> MemberView:
        parts = take_apart(member.type, self._name(member), self.naming)
        align = self._align(nested.align)
        opening = f"{base_text(parts, self.naming)} {align}{{"
        return MemberView(
            comment,
            self._marked_member(member, (opening,), ""),
            unpacks=in_packed,
            is_nested=True,
            members=tuple(self.view(field, depth + 1) for field in nested.fields),
            closing=f"}} {parts.text}".rstrip() + ";",
        )

    def _marked_member(self, member: Member, lines: tuple[str, ...], end: str) -> tuple[str, ...]:
        align = member.align if isinstance(member, Field) else None
        first, *others = lines
        # `__extension__` comes first; then what is said of the member itself.
        extension = self.extension(is_extension(member))
        # What has no name cannot be used, and g++ takes no attribute there.
        marks = deprecation(member.attributes, f"{self.prefix}_DEPRECATED") if member.name else ()
        marked = [*marks, f"{self._align(align)}{first}", *others]
        marked[0] = f"{extension}{marked[0]}"
        marked[-1] = f"{marked[-1]}{end}"
        return tuple(marked)

    def _align(self, align: int | None) -> str:
        return "" if align is None else f"{self.prefix}_ALIGN({align}) "

    def extension(self, is_one: bool) -> str:
        """ex) ``DRASI_EXTENSION ``"""
        return f"{self.prefix}_EXTENSION " if is_one else ""

    def tag(self, aggregate: Aggregate) -> str:
        """ex) ``struct DRASI_ALIGN(16) ``"""
        return f"{'union' if aggregate.is_union else 'struct'} {self._align(aggregate.align)}"


def deprecation(attributes: Attributes, macro: str) -> tuple[str, ...]:
    """A line before what is deprecated, if it is. ex) ``SHOP_DEPRECATED("since 1.2: use open2")``"""
    sentences = remarks(Attributes(tuple(a for a in attributes.all if a.name == "deprecated")))
    return tuple(f"{macro}({string_literal(sentence)})" for sentence in sentences)


def comment(doc: Doc, notes: Iterable[str], width: int) -> tuple[str, ...]:
    """Doc text and remarks, on one line if they fit one.

    ex) ``/** The text. Ends with a NUL character. */``
    """
    text = " ".join(notes)
    lines = [line for line in doc.lines if line.strip()]
    if len(lines) == 1 and len(lines[0]) + len(text) + len("/**   */") <= width:
        end = "" if not text or lines[0].rstrip()[-1] in ".!?" else "."
        return c_comment_lines((f"{lines[0].rstrip()}{end} {text}".rstrip(),))
    return c_comment_lines((*doc.lines, *_wrapped(text, width)))


def field_comment(field: Field, width: int) -> tuple[str, ...]:
    """A field that is a function pointer has parameters to tell of as well."""
    notes = remarks(field.attributes, field.own, field.type)
    if isinstance(field.type, FunctionPointer):
        return function_comment(field.doc, notes, field.type.signature, width)
    return comment(field.doc, notes, width)


def function_comment(
    doc: Doc, notes: tuple[str, ...], signature: Signature, width: int
) -> tuple[str, ...]:
    """The doc text, notes, ``@param`` and ``@return``."""
    tags: list[str] = []
    for parameter in signature.parameters:
        notes_there = remarks(parameter.attributes, parameter.own, parameter.type)
        text = " ".join((*(line.strip() for line in parameter.doc.lines), *notes_there)).strip()
        if text and not parameter.receiver:
            tags += _wrapped(f"@param {parameter.name or '-'} {text}", width)
    if signature.result is not None:
        result = signature.result
        text = " ".join(remarks(result.attributes, result.own, result.type))
        if text:
            tags += _wrapped(f"@return {text}", width)
    if not tags:
        return comment(doc, notes, width)
    lines = [*doc.lines, *_wrapped(" ".join(notes), width)]
    return c_comment_lines((*lines, "", *tags) if lines else tags)


#: Lines are not broken into pieces that are shorter, however deep they stand.
_NARROWEST = 40


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        max(width - len(" * "), _NARROWEST),
        subsequent_indent="    " if text.startswith("@") else "",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _nested(type_: Type) -> Aggregate | None:
    """The aggregate that is written out in the type of a member, whatever is around it."""
    match type_:
        case Nested():
            return type_.aggregate
        case Array():
            return _nested(type_.element)
        case Pointer():
            return _nested(type_.pointee)
        case _:
            return None
