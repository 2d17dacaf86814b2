"""Syntax tree to canonical text: what ``abilock fmt`` writes.

Layout is decided by the tree, but for three things that are the author's: comments, single blank
lines, and whether a small struct or enum is on one line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from abilock.source import SourceFile
from abilock.syntax import ast
from abilock.syntax.comments import Comments, Container, Inside, Placed, Unit, is_short
from abilock.syntax.pretty import (
    HARD,
    LINE,
    SOFT,
    WIDTH,
    Doc,
    IfBroken,
    Nest,
    Suffix,
    group,
    render,
)
from abilock.syntax.printer import expression_text, string_text

#: Without a source that says so, this many members or values still share a line.
_FEW = 3

#: The items that may stand without a blank line between them.
_ONE_LINERS = (
    ast.Compat,
    ast.Targets,
    ast.Import,
    ast.Allocator,
    ast.Alias,
    ast.Constant,
    ast.Opaque,
    ast.Aggregate,
    ast.EnumDecl,
    ast.Callback,
    ast.EntryFunction,
    ast.EntryStatic,
)


def format_file(file: ast.File, source: SourceFile | None = None) -> str:
    """The canonical text of a file. It is a fixed point: formatting it again changes nothing.

    ``source`` is what ``file`` was parsed from, without errors; its comments and blank lines are kept.
    Without it, spans are not looked at.
    """
    return _Formatter(file, source).text()


class _Formatter:
    def __init__(self, file: ast.File, source: SourceFile | None) -> None:
        self._file = file
        self._comments = Comments(file, source)

    # --- the file

    def text(self) -> str:
        parts: list[str] = []  # each one or more whole lines; blank lines are parts of their own
        if self._file.docs:
            docs = [f"//! {line}".rstrip() for line in _lines(self._file.docs)]
            around = self._comments.docs
            parts += self._ahead(around.before, around.blank)
            parts.append(" ".join(["\n".join(docs), *around.trailing]))
        previous: ast.Item | None = None
        for item in self._file.items:
            around = self._comments.around(item)
            text = render(self._item(item))
            ahead = self._ahead(around.before, around.blank)
            if parts and not (
                previous is not None and self._tight(previous, item, parts[-1], text)
            ):
                parts.append("")
            parts += [*ahead, text]
            previous = item
        for comment in self._comments.end:
            parts += ["", comment.text] if comment.blank and parts else [comment.text]
        return "".join(f"{part}\n" for part in parts)

    def _ahead(self, comments: Sequence[Placed], blank: bool) -> list[str]:
        """The lines of comments before an item; the blank line before the first is not theirs."""
        parts: list[str] = []
        for comment in comments:
            if comment.blank and parts:
                parts.append("")
            parts.append(comment.text)
        if parts and blank:
            parts.append("")
        return parts

    def _tight(self, previous: ast.Item, item: ast.Item, before: str, text: str) -> bool:
        """Whether two items may stand without a blank line between them, and do so in the source."""
        around = self._comments.around(item)
        blank = around.before[0].blank if around.before else around.blank
        return (
            self._comments.known
            and not blank
            and isinstance(item, _ONE_LINERS)
            and type(item) is type(previous)
            and "\n" not in before
            and "\n" not in text
        )

    def _item(self, item: ast.Item) -> Doc:
        around = self._comments.around(item)
        lines: list[Doc] = [f"/// {line}".rstrip() for line in _lines(item.decor.docs)]
        lines += around.after_docs
        lines += _filled([_attribute(given) for given in item.decor.attributes])
        lines.append([self._declaration(item), [Suffix(text) for text in around.trailing]])
        return _joined(lines, HARD)

    def _declaration(self, item: ast.Item) -> Doc:
        match item:
            case ast.Abi():
                return f"abi {item.name.text} {item.version.text};"
            case ast.Compat():
                return f"compat {'.'.join(item.rule.parts)}{_arguments(item.arguments)};"
            case ast.Targets():
                return _listed("targets", [string_text(triple.value) for triple in item.triples])
            case ast.Import():
                return f"import {string_text(item.path.value)};"
            case ast.Allocator():
                return _listed(
                    f"allocator {item.name.text} =", [_scheme(scheme) for scheme in item.schemes]
                )
            case ast.Alias():
                return [f"type {item.name.text} = ", self._use(item.type), ";"]
            case ast.Constant():
                value = expression_text(item.value)
                return f"const {item.name.text}: {item.type.name} = {value};"
            case ast.Opaque():
                return f"opaque {item.name.text};"
            case ast.Aggregate():
                head = f"{'union' if item.is_union else 'struct'} {item.name.text} "
                return [head, self._braces(item, item.members)]
            case ast.EnumDecl():
                width = f": {item.width.name}" if item.width else ""
                head = f"{item.kind.value} {item.name.text}{width} "
                return [head, self._braces(item, item.values)]
            case ast.Callback():
                head = f"{_calling(item.convention)}callback {item.name.text}"
                return [head, self._signature(item.signature), ";"]
            case ast.VtableDecl():
                return [_vtable_head(item), self._braces(item, item.members)]
            case ast.EntryFunction():
                optional = "optional " if item.optional else ""
                head = f"{optional}entry {_calling(item.convention)}fn {item.name.text}"
                return [head, self._signature(item.signature), ";"]
            case ast.EntryStatic():
                optional = "optional " if item.optional else ""
                const = "const " if item.const else ""
                head = f"{optional}entry static {const}{item.name.text}: "
                return [head, self._use(item.type), ";"]

    # --- lists of members, values, parameters

    def _braces(self, container: Container, units: Sequence[Unit]) -> Doc:
        inside = self._comments.inside(container)
        if not units and not (inside and inside.closing):
            return "{}"
        flat = inside.flat if inside else len(units) <= _FEW
        if isinstance(container, ast.VtableDecl):
            flat = False
        body: list[Doc] = []
        for index, unit in enumerate(units):
            last = index + 1 == len(units)
            separator = _separator(unit)
            behind = IfBroken(separator) if last else separator
            body += [LINE, self._unit(unit, behind, first=index == 0)]
        return self._bracketed("{", body, LINE, "}", inside, flat)

    def _signature(self, signature: ast.Signature) -> Doc:
        inside = self._comments.inside(signature)
        body: list[Doc] = []
        for index, unit in enumerate(signature.parameters):
            last = index + 1 == len(signature.parameters) and not signature.variadic
            behind = IfBroken(",") if last else ","
            body += [LINE if index else SOFT, self._unit(unit, behind, first=index == 0)]
        if signature.variadic:
            body += [LINE, "...", IfBroken(",")] if body else [SOFT, "..."]
        result: Doc = [" -> ", self._use(signature.result)] if signature.result else ""
        closing = inside.closing if inside else []
        if not body and closing and all(is_short(comment.text) for comment in closing):
            return [f"({' '.join(comment.text for comment in closing)})", result]
        if not body and not closing:
            return ["()", result]
        return [self._bracketed("(", body, SOFT, ")", inside, flat=True), result]

    def _bracketed(
        self,
        opening: str,
        body: list[Doc],
        edge: Doc,
        closing: str,
        inside: Inside | None,
        flat: bool,
    ) -> Doc:
        after: list[Doc] = []
        before: list[Doc] = []
        if inside is not None:
            after = [Suffix(text) for text in inside.opening]
            for comment in inside.closing:
                first = not body and not before
                before += [HARD, HARD] if comment.blank and not first else [HARD]
                before.append(comment.text)
        return group([opening, after, Nest([body, before]), edge, closing], broken=not flat)

    def _unit(self, unit: Unit, separator: Doc, first: bool) -> Doc:
        """One member, value or parameter, with its comments; the break before it is the caller's."""
        around = self._comments.around(unit)
        decor = ast.Decor() if isinstance(unit, ast.Gap) else unit.decor
        pieces: list[Doc] = []
        # A blank line is an empty piece: the caller's break, nothing, and one more line end.
        for index, comment in enumerate(around.before):
            if comment.blank and not (first and not pieces):
                pieces.append(HARD)
            joined = not any(later.alone for later in around.before[index:])
            pieces += [comment.text, " " if joined else HARD]
        above_is_line = not around.before or around.before[-1].alone
        if around.blank and above_is_line and not (first and not pieces):
            pieces.append(HARD)
        for text in [*(f"/// {line}".rstrip() for line in _lines(decor.docs)), *around.after_docs]:
            pieces += [text, HARD]
        body: Doc = [self._body(unit), [f" {text}" for text in around.inner]]
        if decor.attributes:
            texts = [_attribute(given) for given in decor.attributes[:-1]]
            texts.append(self._last_attribute(unit, decor.attributes[-1]))
            # On the line of what they belong to; above it if that line would have to be broken.
            body = group([" ".join(texts), LINE, body])
        pieces += [body, separator]
        pieces += [Suffix(text) for text in around.trailing]
        return pieces

    def _last_attribute(self, unit: Unit, attribute: ast.Attribute) -> str:
        """The attribute right before the unit, kept apart from a type that begins with `(`."""
        text = _attribute(attribute)
        unnamed = isinstance(unit, ast.Parameter) and unit.name is None and not unit.type.own
        if unnamed and not attribute.arguments and render(self._body(unit)).startswith("("):
            return f"{text}()"
        return text

    def _body(self, unit: Unit) -> Doc:
        match unit:
            case ast.Field():
                bits = f" : {expression_text(unit.bits)}" if unit.bits is not None else ""
                return [f"{unit.name.text}: ", self._use(unit.type), bits]
            case ast.Slot():
                optional = "optional " if unit.optional else ""
                drop = "drop " if unit.drop else ""
                head = f"{optional}{drop}{_calling(unit.convention)}fn {unit.name.text}"
                return [head, self._signature(unit.signature)]
            case ast.Parameter():
                name = f"{unit.name.text}: " if unit.name else ""
                return [name, self._use(unit.type)]
            case ast.EnumValue():
                value = f" = {expression_text(unit.value)}" if unit.value is not None else ""
                return f"{unit.name.text}{value}"
            case ast.Gap():
                return "..."
            case _:
                raise AssertionError("an item is no part of a list")

    # --- types

    def _use(self, use: ast.TypeUse) -> Doc:
        attributes = [f" {_attribute(given)}" for given in use.attributes]
        inner = self._type(use.type)
        if attributes and _ends_in_result(use.type):
            inner = ["(", inner, ")"]  # or they would belong to the result
        return ["own " if use.own else "", inner, attributes]

    def _type(self, type_: ast.Type) -> Doc:
        match type_:
            case ast.NullableType():
                return [self._pointee(type_.inner), "?"]
            case ast.FunctionType():
                return [_calling(type_.convention), "fn", self._signature(type_.signature)]
            case ast.PointerType(pointee=ast.PointerType() | ast.FunctionType()):
                return [_star(type_), self._type(type_.pointee)]
            case _:
                return self._pointee(type_)

    def _pointee(self, type_: ast.Type) -> Doc:
        """The type where `?` would belong to what is around it, so in parentheses if it has its own."""
        match type_:
            case ast.NamedType():
                return type_.name
            case ast.PointerType():
                return [_star(type_), self._pointee(type_.pointee)]
            case ast.ArrayType():
                return ["[", self._type(type_.element), f"; {expression_text(type_.length)}]"]
            case ast.AggregateType():
                head = "union " if type_.is_union else "struct "
                return [head, self._braces(type_, type_.members)]
            case ast.NullableType() | ast.FunctionType():
                return ["(", self._type(type_), ")"]


def _ends_in_result(type_: ast.Type) -> bool:
    """Whether an attribute behind the type would belong to the result of a function type."""
    match type_:
        case ast.FunctionType():
            return type_.signature.result is not None
        case ast.PointerType():
            return _ends_in_result(type_.pointee)
        case _:
            return False


def _star(pointer: ast.PointerType) -> str:
    return "*mut " if pointer.mutable else "*const "


def _separator(unit: Unit) -> str:
    match unit:
        case ast.Slot():
            return ";"
        case ast.Gap():
            return ""
        case _:
            return ","


def _vtable_head(item: ast.VtableDecl) -> str:
    if item.is_convention:
        return f"vtable convention {item.name.text} "
    follows = f": {item.convention.text}" if item.convention else ""
    return f"vtable {item.name.text}{follows} "


def _scheme(scheme: ast.Scheme) -> str:
    release = f"/{scheme.release.text}" if scheme.release else ""
    family = f" @{scheme.family.text}" if scheme.family else ""
    return f"{scheme.acquire.text}{release}{family}"


def _calling(convention: ast.String | None) -> str:
    return f"extern {string_text(convention.value)} " if convention else ""


def _attribute(attribute: ast.Attribute) -> str:
    return f"@{attribute.name.text}{_arguments(attribute.arguments)}"


def _arguments(arguments: Sequence[ast.Argument]) -> str:
    return f"({', '.join(expression_text(given) for given in arguments)})" if arguments else ""


def _listed(head: str, parts: Sequence[str]) -> Doc:
    """ex) ``targets "x86_64-apple-darwin", "aarch64-apple-darwin";``"""
    listed: list[Doc] = [head]
    for index, part in enumerate(parts):
        listed.append(Nest([LINE, part, "," if index + 1 < len(parts) else ";"]))
    return group(listed)


def _filled(texts: Sequence[str]) -> list[str]:
    """As many texts in each line as fit."""
    lines: list[str] = []
    for text in texts:
        if lines and len(lines[-1]) + 1 + len(text) <= WIDTH:
            lines[-1] += f" {text}"
        else:
            lines.append(text)
    return lines


def _lines(docs: Sequence[str]) -> list[str]:
    """The doc lines. A tree that no parser made may have line ends in them, which would end the comment."""
    return [line for text in docs for line in re.split("[\r\n]+", text)]


def _joined(parts: Sequence[Doc], between: Doc) -> Doc:
    return [piece for part in parts for piece in (between, part)][1:]
