"""Grammar rules to syntax nodes: one method per rule, called by the parser as it reduces.

A method gets its rule's children in order: tokens, and what the methods of inner rules returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar, cast

from abilock.source import Span
from abilock.syntax import ast
from abilock.syntax.lexemes import PlacedToken, doc_text

Children = Sequence[Any]  # what Lark hands over is heterogeneous by nature
_Node = TypeVar("_Node")
_NO_DECOR = ast.Decor((), ())


class Builder:
    """Builds nodes; keeps nothing between calls, so one serves all files."""

    #: Rules that stand for their only child.
    TRANSPARENT = frozenset({"atom", "type", "mutability"})

    # --- picking children

    @staticmethod
    def _span(children: Children) -> Span:
        """From the first to the last child that has a place. Decor has none: a declaration's span is
        what a message should underline, without the docs before it."""
        first, last = children[0], children[-1]
        if type(first) is ast.Decor:
            first = children[1]
        if first is last:
            return cast(Span, first.span)
        # Tokens have no spans until they are asked for one.
        begun = first if type(first) is PlacedToken else first.span
        ended = last if type(last) is PlacedToken else last.span
        return Span(begun.file, begun.start, ended.end)

    @staticmethod
    def _all(children: Children, kind: type[_Node]) -> tuple[_Node, ...]:
        return tuple([child for child in children if type(child) is kind])

    def _one(self, children: Children, kind: type[_Node]) -> _Node:
        for child in children:
            if type(child) is kind:
                return child
        raise AssertionError("the grammar has this child in every form of the rule")

    @staticmethod
    def _maybe(children: Children, kind: type[_Node]) -> _Node | None:
        for child in children:
            if type(child) is kind:
                return child
        return None

    @staticmethod
    def _has(children: Children, token: str) -> bool:
        return any(type(child) is PlacedToken and child.type == token for child in children)

    # --- names and literals

    def name(self, children: Children) -> ast.Name:
        token = children[0]
        return ast.Name(token.text, token.span)

    def integer(self, children: Children) -> ast.Integer:
        token = children[0]
        return ast.Integer(token.text, token.value, token.span)

    def string(self, children: Children) -> ast.String:
        token = children[0]
        return ast.String(token.value, token.span)

    def version(self, children: Children) -> ast.VersionLiteral:
        token = children[0]
        return ast.VersionLiteral(token.text, token.span)

    not_a_version = version

    # --- expressions

    def binary(self, children: Children) -> ast.Binary:
        left, operator, right = children
        return ast.Binary(operator.text, left, right, self._span(children))

    def unary(self, children: Children) -> ast.Unary:
        operator, operand = children
        return ast.Unary(operator.text, operand, self._span(children))

    def reference(self, children: Children) -> ast.Reference:
        parts = tuple(name.text for name in self._all(children, ast.Name))
        return ast.Reference(parts, self._span(children))

    rule_path = reference

    def call(self, children: Children) -> ast.Call:
        arguments: tuple[ast.Argument, ...] = self._one(children, tuple)
        return ast.Call(self._one(children, ast.Name), arguments, self._span(children))

    def group(self, children: Children) -> ast.Expression:
        inner: ast.Expression = children[1]
        return replace(inner, span=self._span(children))

    def comparison(self, children: Children) -> ast.Comparison:
        operator, operand = children
        return ast.Comparison(operator.text, operand, self._span(children))

    def arguments(self, children: Children) -> tuple[object, ...]:
        return tuple(child for child in children if not isinstance(child, PlacedToken))

    def attribute(self, children: Children) -> ast.Attribute:
        arguments: tuple[ast.Argument, ...] = self._maybe(children, tuple) or ()
        return ast.Attribute(self._one(children, ast.Name), arguments, self._span(children))

    def decor(self, children: Children) -> ast.Decor:
        if not children:
            return _NO_DECOR
        docs = tuple(doc_text(child.text) for child in children if isinstance(child, PlacedToken))
        return ast.Decor(docs, self._all(children, ast.Attribute))

    # --- types

    def type_name(self, children: Children) -> ast.NamedType:
        child = children[0]
        return ast.NamedType(child.text, child.span)

    def parenthesised(self, children: Children) -> object:
        return children[1]

    def nullable(self, children: Children) -> ast.NullableType:
        return ast.NullableType(children[0], self._span(children))

    def pointer(self, children: Children) -> ast.PointerType:
        _, mutability, pointee = children
        return ast.PointerType(mutability.type == "MUT", pointee, self._span(children))

    function_pointer = pointer

    def array(self, children: Children) -> ast.ArrayType:
        return ast.ArrayType(children[1], children[3], self._span(children))

    def nested(self, children: Children) -> ast.AggregateType:
        return ast.AggregateType(
            self._has(children, "UNION"), children[1].all, self._span(children)
        )

    def function(self, children: Children) -> ast.FunctionType:
        return ast.FunctionType(
            self._maybe(children, ast.String),
            self._one(children, ast.Signature),
            self._span(children),
        )

    def type_use(self, children: Children) -> ast.TypeUse:
        own = type(children[0]) is PlacedToken
        inner, *attributes = children[own:]
        return ast.TypeUse(inner, own, tuple(attributes), self._span(children))

    # --- functions

    def parameter(self, children: Children) -> ast.Parameter:
        name = children[1] if len(children) > 2 else None
        return ast.Parameter(children[0], name, children[-1], self._span(children))

    def parameters(self, children: Children) -> _Parameters:
        return _Parameters(self._all(children, ast.Parameter), self._has(children, "VARIADIC"))

    def signature(self, children: Children) -> ast.Signature:
        given = children[1] if type(children[1]) is _Parameters else _Parameters((), False)
        result = children[-1] if type(children[-1]) is ast.TypeUse else None
        return ast.Signature(given.all, given.variadic, result, self._span(children))

    # --- members

    def members(self, children: Children) -> _Members:
        members = tuple(child for child in children if not isinstance(child, PlacedToken))
        return _Members(members, self._span(children))

    def field(self, children: Children) -> ast.Field:
        decor, name, _, use, *bits = children
        return ast.Field(decor, name, use, bits[-1] if bits else None, self._span(children))

    def slot(self, children: Children) -> ast.Slot:
        decor, *kind, _, name, signature = children
        return ast.Slot(
            decor,
            self._has(kind, "OPTIONAL"),
            self._has(kind, "DROP"),
            self._maybe(kind, ast.String),
            name,
            signature.alike if type(signature) is Repeated else signature,
            self._span(children),
        )

    def gap(self, children: Children) -> ast.Gap:
        return ast.Gap(self._span(children))

    def enum_value(self, children: Children) -> ast.EnumValue:
        value = children[3] if len(children) > 2 else None
        return ast.EnumValue(children[0], children[1], value, self._span(children))

    def enum_values(self, children: Children) -> _Members:
        return _Members(self._all(children, ast.EnumValue), self._span(children))

    # --- items

    def item(self, children: Children) -> ast.Item:
        decor, make = children
        return cast(ast.Item, make(decor))

    def abi(self, children: Children) -> _Maker:
        return _Maker(ast.Abi, children[1], children[2], self._span(children))

    def compat(self, children: Children) -> _Maker:
        arguments = self._maybe(children, tuple) or ()
        return _Maker(ast.Compat, children[1], arguments, self._span(children))

    def targets(self, children: Children) -> _Maker:
        return _Maker(ast.Targets, self._all(children, ast.String), self._span(children))

    def import_item(self, children: Children) -> _Maker:
        return _Maker(ast.Import, children[1], self._span(children))

    def scheme(self, children: Children) -> ast.Scheme:
        named: dict[str, ast.Name] = {}
        before = "acquire"
        for child in children:
            if isinstance(child, PlacedToken):
                before = "release" if child.type == "SLASH" else "family"
            else:
                named[before] = child
        return ast.Scheme(
            named["acquire"], named.get("release"), named.get("family"), self._span(children)
        )

    def allocator(self, children: Children) -> _Maker:
        return _Maker(
            ast.Allocator, children[1], self._all(children, ast.Scheme), self._span(children)
        )

    def alias(self, children: Children) -> _Maker:
        return _Maker(ast.Alias, children[1], children[3], self._span(children))

    def constant(self, children: Children) -> _Maker:
        return _Maker(ast.Constant, children[1], children[3], children[5], self._span(children))

    def aggregate(self, children: Children) -> _Maker:
        keyword, name, members = children
        return _Maker(
            ast.Aggregate, keyword.type == "UNION", name, members.all, self._span(children)
        )

    def opaque(self, children: Children) -> _Maker:
        return _Maker(ast.Opaque, children[1], self._span(children))

    def enum(self, children: Children) -> _Maker:
        kind = ast.EnumKind.CLOSED
        if self._has(children, "OPEN"):
            kind = ast.EnumKind.OPEN
        elif self._has(children, "FLAGS"):
            kind = ast.EnumKind.FLAGS
        width = self._maybe(children, ast.NamedType)
        name = self._one(children, ast.Name)
        values = self._one(children, _Members).all
        return _Maker(ast.EnumDecl, kind, name, width, values, self._span(children))

    def callback(self, children: Children) -> _Maker:
        return _Maker(
            ast.Callback,
            self._maybe(children, ast.String),
            self._one(children, ast.Name),
            self._one(children, ast.Signature),
            self._span(children),
        )

    def vtable(self, children: Children) -> _Maker:
        names = self._all(children, ast.Name)
        convention = names[1] if len(names) > 1 else None
        members = self._one(children, _Members).all
        return _Maker(ast.VtableDecl, False, names[0], convention, members, self._span(children))

    def convention(self, children: Children) -> _Maker:
        members = self._one(children, _Members).all
        name = self._one(children, ast.Name)
        return _Maker(ast.VtableDecl, True, name, None, members, self._span(children))

    def entry_function(self, children: Children) -> _Maker:
        return _Maker(
            ast.EntryFunction,
            self._has(children, "OPTIONAL"),
            self._maybe(children, ast.String),
            self._one(children, ast.Name),
            self._one(children, ast.Signature),
            self._span(children),
        )

    def entry_static(self, children: Children) -> _Maker:
        return _Maker(
            ast.EntryStatic,
            self._has(children, "OPTIONAL"),
            self._has(children, "CONST"),
            self._one(children, ast.Name),
            self._one(children, ast.TypeUse),
            self._span(children),
        )


class Repeated(NamedTuple):
    """A signature that is written as one before it; ``span`` is where."""

    alike: ast.Signature
    span: Span


class _Parameters:
    """The inside of a signature's parentheses."""

    def __init__(self, parameters: tuple[ast.Parameter, ...], variadic: bool) -> None:
        self.all = parameters
        self.variadic = variadic


class _Members:
    """The inside of a declaration's braces."""

    def __init__(self, members: tuple[Any, ...], span: Span) -> None:
        self.all = members
        self.span = span


class _Maker:
    """An item that waits for the decor before it, which the grammar reduces separately."""

    def __init__(self, node: Any, *fields: object) -> None:
        self._node = node
        self._fields = fields

    def __call__(self, decor: ast.Decor) -> object:
        return self._node(decor, *self._fields)
