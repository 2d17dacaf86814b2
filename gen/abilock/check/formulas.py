"""Formulas: what numbers of elements are computed from, as it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from abilock.check.words import nodes
from abilock.model.decls import Formula
from abilock.syntax import ast
from abilock.syntax.loading import Loaded

_EXPRESSIONS = (ast.Integer, ast.Reference, ast.Unary, ast.Binary, ast.Call)


class Formulas:
    """Those of all elements of some files, by full names; looked up where somebody asks."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._known: dict[str, Mapping[str, Formula]] = {}

    def _inside(
        self, owner: str, make: Callable[[], Mapping[str, Formula]]
    ) -> Mapping[str, Formula]:
        if owner not in self._known:
            self._known[owner] = make()
        return self._known[owner]

    def _of_members(self, item: ast.Aggregate | ast.VtableDecl) -> dict[str, Formula]:
        found: dict[str, list[object]] = {}
        for each in self._members(item):
            found.setdefault(each.name.text, []).append(each)
        return {name: _formula(tuple(parts)) for name, parts in found.items()}

    def __call__(self, subject: str) -> Formula | None:
        """ex) ``Frame.lanes``, ``CAPACITY``, ``Mode.Shut``; None for what is not declared"""
        owner, _, rest = subject.partition(".")
        name = rest.partition(".")[0]
        item = self._items.get(owner)
        match item:
            case None:
                return None
            case ast.Constant():
                return _formula((item.value,))
            case ast.EnumDecl() if name:
                return self._inside(owner, lambda: _values(item)).get(name)
            case ast.Aggregate() | ast.VtableDecl() if name:
                return self._inside(owner, lambda: self._of_members(item)).get(name)
            case _:
                return _formula((item,))

    @cached_property
    def _items(self) -> dict[str, ast.Item]:
        return {
            each.name.text: each
            for file in self._loaded.files
            for each in file.items
            if not isinstance(each, ast.Abi | ast.Compat | ast.Targets | ast.Import)
        }

    def _members(self, item: ast.Aggregate | ast.VtableDecl) -> Iterator[ast.Field | ast.Slot]:
        for each in item.members:
            if not isinstance(each, ast.Gap):
                yield each
        if isinstance(item, ast.VtableDecl) and item.convention is not None:
            shared = self._items.get(item.convention.text)
            if isinstance(shared, ast.VtableDecl) and shared is not item:
                yield from self._members(shared)


def _values(item: ast.EnumDecl) -> dict[str, Formula]:
    """One that says nothing is counted on from the last one before that does."""
    found: dict[str, Formula] = {}
    base, steps = _formula(()), 0
    for each in item.values:
        base, steps = (
            (_formula((each.value,), item.name.text), 0)
            if each.value is not None
            else (base, steps + 1)
        )
        found[each.name.text] = Formula((base.written, steps), base.names)
    return found


def _formula(written: tuple[object, ...], own: str = "") -> Formula:
    """``own``: the enum whose values may be named without it."""
    inner = nodes(written)
    parts = tuple(each for each in inner if isinstance(each, (*_EXPRESSIONS, ast.Attribute)))
    names = {".".join(each.parts) for each in parts if isinstance(each, ast.Reference)}
    if own:
        names |= {f"{own}.{each}" for each in names if "." not in each}
    return Formula(parts, frozenset(names))
