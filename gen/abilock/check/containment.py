"""Which declaration holds which by value, and the order that follows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from abilock.check.order import dependency_order
from abilock.check.symbols import BUILTIN_TYPES, Declared, Symbols
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.syntax import ast


def containment_order(symbols: Symbols, report: Report) -> tuple[str, ...]:
    """The declarations' names, each behind what it holds by value, otherwise as written. Cycles are
    reported: such a type would contain itself, or an alias stand for nothing."""
    alike: _Alike = {}
    needs = {
        name: tuple(dict.fromkeys(each.type.name for each in _needs(declared, symbols, alike)))
        for name, declared in symbols.declarations.items()
    }
    order, cycles = dependency_order(symbols.declarations, needs)
    for cycle in cycles:
        steps = [_step(name, following, symbols) for name, following in pairwise(cycle)]
        _report_cycle(cycle, steps, symbols, report)
    return order


def _step(name: str, following: str, symbols: Symbols) -> _Needed:
    """Where a declaration needs another one, the last time that it does."""
    needs = _needs(symbols.declarations[name], symbols)
    return [each for each in needs if each.type.name == following][-1]


def _report_cycle(
    cycle: Sequence[str], steps: Sequence[_Needed], symbols: Symbols, report: Report
) -> None:
    shown = " → ".join(cycle)
    mention = next(
        ((name, step) for name, step in zip(cycle[:-1], steps, strict=True) if step.in_signature),
        None,
    )
    if mention is not None:
        _report_mention(*mention, shown, symbols, report)
    elif all(isinstance(symbols.declarations[name], ast.Alias) for name in cycle):
        report.add(
            catalog.ALIAS_CYCLE,
            steps[0].type.span,
            f"the alias `{cycle[0]}` stands for itself: {shown}",
            hint="an alias names a type that exists without it; for a new one use `opaque` or `struct`",
        )
    else:
        report.add(
            catalog.BY_VALUE_CYCLE,
            steps[0].type.span,
            f"`{cycle[0]}` contains itself: {shown}",
            hint=f"break the cycle with a pointer: `*mut {cycle[1]}`",
        )


def _report_mention(name: str, step: _Needed, shown: str, symbols: Symbols, report: Report) -> None:
    """The cycle goes through a signature: no value holds itself, but no order of typedefs is right."""
    is_function = isinstance(symbols.declarations[name], ast.Callback | ast.Alias)
    report.add(
        catalog.BY_VALUE_CYCLE,
        step.type.span,
        f"the type of a function cannot mention itself in C, and `{name}` does: {shown}"
        if is_function
        else f"`{step.type.name}` stands for what is declared only behind it: {shown}",
        hint="pass it as `*const void`, or put it in a struct and pass a pointer to that"
        if is_function
        else "here, write the type that the alias stands for",
    )


@dataclass(frozen=True, slots=True)
class _Needed:
    """A type that must be declared ahead, where it is named; ``in_signature``: as that of a parameter
    or result."""

    type: ast.NamedType
    in_signature: bool = False


#: What signatures need that are written alike, by which they are.
_Alike = dict[int, tuple[_Needed, ...]]


def _needs(declared: Declared, symbols: Symbols, alike: _Alike | None = None) -> Iterator[_Needed]:
    """With ``alike``, what slots need may stand where another one says the same."""
    match declared:
        case ast.Aggregate():
            for member in declared.members:
                yield from _member(member, symbols)
        case ast.VtableDecl():
            for member in declared.members:
                yield from _member(member, symbols, alike)
            if declared.convention is not None:
                shared = symbols.visible(declared.convention.text, declared.span.file)
                if isinstance(shared, ast.VtableDecl):
                    for member in shared.members:
                        yield from _member(member, symbols, alike)
        case ast.Alias() | ast.EntryStatic():
            yield from _by_value(declared.type.type, symbols)
            yield from _typedefs(declared.type.type, symbols)
        case ast.Callback() | ast.EntryFunction():
            yield from _signature(declared.signature, symbols)
        case _:
            pass


def _member(member: ast.Member, symbols: Symbols, alike: _Alike | None = None) -> Iterator[_Needed]:
    if isinstance(member, ast.Field):
        yield from _by_value(member.type.type, symbols)
        yield from _typedefs(member.type.type, symbols)
    elif isinstance(member, ast.Slot):
        if alike is None:
            yield from _signature(member.signature, symbols)
            return
        key = id(member.alike)
        if key not in alike:
            alike[key] = tuple(_signature(member.alike, symbols))
        yield from alike[key]


def _by_value(written: ast.Type, symbols: Symbols) -> Iterator[_Needed]:
    match written:
        case ast.NamedType():
            declared = symbols.visible(written.name, written.span.file)
            if isinstance(
                declared, ast.Aggregate | ast.VtableDecl | ast.Alias | ast.EnumDecl | ast.Callback
            ):
                yield _Needed(written)
        case ast.ArrayType():
            yield from _by_value(written.element, symbols)
        case ast.NullableType():
            yield from _by_value(written.inner, symbols)
        case ast.AggregateType():
            for member in written.members:
                yield from _member(member, symbols)
        case ast.PointerType() | ast.FunctionType():
            pass


def _signature(signature: ast.Signature, symbols: Symbols) -> Iterator[_Needed]:
    for given in signature.parameters:
        written = given.type.type
        if not isinstance(written, ast.NamedType) or written.name not in BUILTIN_TYPES:
            yield from _typedefs(written, symbols, in_signature=True)
    if signature.result is not None:
        yield from _typedefs(signature.result.type, symbols, in_signature=True)


def _typedefs(
    written: ast.Type, symbols: Symbols, *, in_signature: bool = False
) -> Iterator[_Needed]:
    """Names that C must have seen even behind pointers and in signatures: typedefs of aliases,
    callbacks and enums. Structs can be declared ahead, so they break every cycle."""
    match written:
        case ast.NamedType():
            declared = symbols.visible(written.name, written.span.file)
            if isinstance(declared, ast.Alias | ast.Callback | ast.EnumDecl):
                yield _Needed(written, in_signature)
        case ast.PointerType():
            yield from _typedefs(written.pointee, symbols, in_signature=in_signature)
        case ast.NullableType():
            yield from _typedefs(written.inner, symbols, in_signature=in_signature)
        case ast.ArrayType():
            yield from _typedefs(written.element, symbols, in_signature=in_signature)
        case ast.FunctionType():
            yield from _signature(written.signature, symbols)
        case ast.AggregateType():
            for member in written.members:
                if isinstance(member, ast.Field):
                    yield from _typedefs(member.type.type, symbols)
