"""Which declaration holds which by value, and the order that follows."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.check.order import dependency_order
from abilock.check.symbols import Declared, Symbols
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.syntax import ast


def containment_order(symbols: Symbols, report: Report) -> tuple[str, ...]:
    """The declarations' names, each behind what it holds by value, otherwise as written. Cycles are
    reported: such a type would contain itself, or an alias stand for nothing."""
    needs = {
        name: tuple(dict.fromkeys(_needs(declared, symbols)))
        for name, declared in symbols.declarations.items()
    }
    order, cycles = dependency_order(symbols.declarations, needs)
    for cycle in cycles:
        declared = symbols.declarations[cycle[0]]
        shown = " → ".join(cycle)
        if all(isinstance(symbols.declarations[name], ast.Alias) for name in cycle):
            report.add(
                catalog.ALIAS_CYCLE,
                declared.name.span,
                f"the alias `{cycle[0]}` stands for itself: {shown}",
            )
        else:
            report.add(
                catalog.BY_VALUE_CYCLE,
                declared.name.span,
                f"`{cycle[0]}` contains itself: {shown}",
                hint="break the cycle with a pointer",
            )
    return order


def _needs(declared: Declared, symbols: Symbols) -> Iterator[str]:
    match declared:
        case ast.Aggregate():
            for member in declared.members:
                yield from _member(member, symbols)
        case ast.VtableDecl():
            for member in declared.members:
                yield from _member(member, symbols)
            if declared.convention is not None:
                shared = symbols.visible(declared.convention.text, declared.span.file)
                if isinstance(shared, ast.VtableDecl):
                    for member in shared.members:
                        yield from _member(member, symbols)
        case ast.Alias() | ast.EntryStatic():
            yield from _by_value(declared.type.type, symbols)
            yield from _typedefs(declared.type.type, symbols)
        case ast.Callback() | ast.EntryFunction():
            yield from _signature(declared.signature, symbols)
        case _:
            pass


def _member(member: ast.Member, symbols: Symbols) -> Iterator[str]:
    if isinstance(member, ast.Field):
        yield from _by_value(member.type.type, symbols)
        yield from _typedefs(member.type.type, symbols)
    elif isinstance(member, ast.Slot):
        yield from _signature(member.signature, symbols)


def _by_value(written: ast.Type, symbols: Symbols) -> Iterator[str]:
    match written:
        case ast.NamedType():
            declared = symbols.visible(written.name, written.span.file)
            if isinstance(
                declared, ast.Aggregate | ast.VtableDecl | ast.Alias | ast.EnumDecl | ast.Callback
            ):
                yield written.name
        case ast.ArrayType():
            yield from _by_value(written.element, symbols)
        case ast.NullableType():
            yield from _by_value(written.inner, symbols)
        case ast.AggregateType():
            for member in written.members:
                yield from _member(member, symbols)
        case ast.PointerType() | ast.FunctionType():
            pass


def _signature(signature: ast.Signature, symbols: Symbols) -> Iterator[str]:
    for given in signature.parameters:
        yield from _typedefs(given.type.type, symbols)
    if signature.result is not None:
        yield from _typedefs(signature.result.type, symbols)


def _typedefs(written: ast.Type, symbols: Symbols) -> Iterator[str]:
    """Names that C must have seen even behind pointers and in signatures: typedefs of aliases,
    callbacks and enums. Structs can be declared ahead, so they break every cycle."""
    match written:
        case ast.NamedType():
            declared = symbols.visible(written.name, written.span.file)
            if isinstance(declared, ast.Alias | ast.Callback | ast.EnumDecl):
                yield written.name
        case ast.PointerType():
            yield from _typedefs(written.pointee, symbols)
        case ast.NullableType():
            yield from _typedefs(written.inner, symbols)
        case ast.ArrayType():
            yield from _typedefs(written.element, symbols)
        case ast.FunctionType():
            yield from _signature(written.signature, symbols)
        case ast.AggregateType():
            for member in written.members:
                if isinstance(member, ast.Field):
                    yield from _typedefs(member.type.type, symbols)
