"""Syntax trees as places that can be changed: every declaration, member, parameter, result and value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from abilock.check import check
from abilock.diagnostics.report import Report
from abilock.model.decls import Library
from abilock.source import SourceFile
from abilock.syntax import ast
from abilock.syntax.loading import Loaded
from abilock.syntax.parser import parse

#: From a node to one inside of it: an attribute, and an index where that is a tuple.
Step = tuple[str, int | None]
Path = tuple[Step, ...]

Tree = Any  # Whatever a syntax tree consists of.


@dataclass(frozen=True, slots=True)
class Site:
    """A place in a description.

    ``what``: ``item``, ``field``, ``slot``, ``value``, ``parameter`` or ``result``. ``name``: as findings
    call it. ``owner``: the declaration that it is in; ``holder``: the node right above.
    """

    what: str
    path: Path
    node: Tree
    name: str
    owner: Tree
    holder: Tree
    file: ast.File

    @property
    def use(self) -> ast.TypeUse:
        """The type of a field, parameter, result, alias or variable."""
        found = self.node if self.what == "result" else self.node.type
        assert isinstance(found, ast.TypeUse)
        return found

    @property
    def siblings(self) -> tuple[Tree, ...]:
        """What stands beside it, itself among them."""
        found: tuple[Tree, ...] = getattr(self.holder, self.path[-1][0])
        return found

    @property
    def at(self) -> int:
        """Its place among them."""
        at = self.path[-1][1]
        assert at is not None
        return at

    @property
    def above(self) -> Path:
        """The way to what holds it."""
        return self.path[:-1]

    @property
    def beside(self) -> str:
        """The name of what holds it, and a dot where it has one. ex) ``SourceVtable.``"""
        return f"{self.name.rpartition('.')[0]}."


def sites(file: ast.File) -> Iterator[Site]:
    """Every place of a description, but those in members that vtables share."""
    for at, item in enumerate(file.items):
        if isinstance(item, (ast.Abi, ast.Compat, ast.Targets, ast.Import)):
            continue
        if isinstance(item, ast.VtableDecl) and item.is_convention:
            continue
        path: Path = (("items", at),)
        yield Site("item", path, item, item.name.text, item, file, file)
        yield from _inside(item, path, item.name.text, item, file)


def _inside(
    node: Tree, path: Path, name: str, owner: Tree, file: ast.File, word: str = "members"
) -> Iterator[Site]:
    for at, each in enumerate(getattr(node, word, ())):
        inner = (*path, (word, at))
        called = f"{name}.{each.name.text}"
        what = "slot" if isinstance(each, ast.Slot) else "field"
        yield Site(what, inner, each, called, owner, node, file)
        yield from _functions(each, inner, called, owner, file)
    for at, each in enumerate(getattr(node, "values", ())):
        inner = (*path, ("values", at))
        yield Site("value", inner, each, f"{name}.{each.name.text}", owner, node, file)
    if isinstance(node, (ast.Callback, ast.EntryFunction)):
        yield from _signature(node.signature, (*path, ("signature", None)), name, owner, file)


def _functions(each: Tree, path: Path, name: str, owner: Tree, file: ast.File) -> Iterator[Site]:
    if isinstance(each, ast.Slot):
        yield from _signature(each.signature, (*path, ("signature", None)), name, owner, file)
        return
    inner: Path = (*path, ("type", None), ("type", None))
    written = each.type.type
    if isinstance(written, ast.NullableType):
        inner, written = (*inner, ("inner", None)), written.inner
    if isinstance(written, ast.FunctionType):
        yield from _signature(written.signature, (*inner, ("signature", None)), name, owner, file)


def _signature(
    signature: ast.Signature, path: Path, name: str, owner: Tree, file: ast.File
) -> Iterator[Site]:
    for at, each in enumerate(signature.parameters):
        if each.name is not None and each.name.text != "self":
            called = f"{name}.{each.name.text}"
            yield Site(
                "parameter", (*path, ("parameters", at)), each, called, owner, signature, file
            )
    if signature.result is not None:
        called = f"{name}.return"
        yield Site(
            "result", (*path, ("result", None)), signature.result, called, owner, signature, file
        )


def node_at(root: Tree, path: Path) -> Tree:
    """What a way leads to."""
    for word, at in path:
        root = getattr(root, word) if at is None else getattr(root, word)[at]
    return root


def put(root: Tree, path: Path, new: Tree) -> Tree:
    """The tree with something else at the end of a way."""
    if not path:
        return new
    (word, at), rest = path[0], path[1:]
    inner = getattr(root, word)
    if isinstance(root, ast.Slot) and word == "signature":
        # In its own place from now on.
        return replace(root, alike=put(inner, rest, new))
    if at is None:
        return replace(root, **{word: put(inner, rest, new)})
    return replace(root, **{word: (*inner[:at], put(inner[at], rest, new), *inner[at + 1 :])})


def exchanged(nodes: Sequence[Tree], one: int, other: int) -> tuple[Tree, ...]:
    """The nodes with two of them at each other's place."""
    found = list(nodes)
    found[one], found[other] = found[other], found[one]
    return tuple(found)


def renamed(node: Tree, before: str, after: str) -> Tree:
    """The tree with another name wherever this one stands, be it declared, used or in an attribute."""
    match node:
        case ast.Name():
            return replace(node, text=after) if node.text == before else node
        case ast.NamedType():
            return replace(node, name=after) if node.name == before else node
        case ast.Reference():
            parts = tuple(after if each == before else each for each in node.parts)
            return replace(node, parts=parts) if parts != node.parts else node
        case tuple():
            found = tuple(renamed(each, before, after) for each in node)
            return node if all(a is b for a, b in zip(found, node, strict=True)) else found
        case _ if hasattr(node, "__dataclass_fields__") and type(node).__module__ == ast.__name__:
            changed = {}
            for word in node.__dataclass_fields__:
                inner = getattr(node, word)
                new = renamed(inner, before, after)
                if new is not inner:
                    changed[word] = new
            return replace(node, **changed) if changed else node
        case _:
            return node


# --- from text, and to meaning


#: All trees are of one file: what stands in another one counts only as far as it is used.
_FILE = "mutant.abi"


def tree_of(text: str) -> ast.File:
    """What a text says, which must be grammatical."""
    report = Report()
    source = SourceFile(_FILE, text)
    report.add_source(source)
    file = parse(source, report)
    assert not report.failed, text
    return file


@cache
def item(text: str) -> Tree:
    """One declaration."""
    return tree_of(f"abi snippet 1.0.0;\n{text}\n").items[1]


@cache
def member(text: str) -> Tree:
    """A field or slot."""
    return item(f"vtable Snippet {{ {text} }}").members[0]


@cache
def parameter(text: str) -> Tree:
    return item(f"callback Snippet({text});").signature.parameters[0]


@cache
def use(text: str) -> Tree:
    """A type where it is used."""
    return item(f"callback Snippet() -> {text};").signature.result


@cache
def attributes(text: str) -> tuple[ast.Attribute, ...]:
    """ex) ``@ok(1) @blocking``"""
    found: tuple[ast.Attribute, ...] = item(f"{text} struct Snippet {{ a: u8 }}").decor.attributes
    return found


@cache
def value(text: str) -> Tree:
    return item(f"enum Snippet {{ {text} }}").values[0]


def meaning_of(file: ast.File) -> Library | None:
    """The library of a description; None if anything is wrong with it."""
    report = Report()
    report.add_source(SourceFile(file.path, ""))
    return check(Loaded((file,), {file.path: frozenset()}), report)
