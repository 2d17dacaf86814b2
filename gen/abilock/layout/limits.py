"""Objects that no target could hold, and numbers that not every target can."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.layout.bounds import largest_bound
from abilock.layout.engine import Measure, data_model
from abilock.layout.measure import is_signed, scalar_extent
from abilock.layout.shapes import AggregateLayout
from abilock.layout.target import Target, find_target
from abilock.model import decls, types
from abilock.model.targets import describe_targets
from abilock.model.types import Aggregate, Signature
from abilock.source import Span

#: The largest object in bytes. A difference of two pointers into it must fit ``ptrdiff_t``
#: (C 6.5.6), where gcc stops; on 64-bit targets clang stops earlier, since it counts bits.
_LARGEST = {4: (1 << 31) - 1, 8: (1 << 61) - 1}


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A declaration, or the member of one, that makes something larger than the largest object.

    ``member`` is None where the declaration has none to blame. What merely contains a declared type
    that is too large is not listed again.
    """

    declaration: str
    member: str | None
    target: Target
    span: Span | None


def largest_object(target: Target) -> int:
    """The size in bytes that no object may exceed. ex) 2147483647 on 32-bit targets"""
    return _LARGEST[target.pointer_size]


def too_large(library: decls.Library, targets: Iterable[Target]) -> tuple[TooLarge, ...]:
    """Everything that is too large, by target and then in the library's order."""
    if largest_bound(library) <= min(_LARGEST.values()):
        return ()
    models: dict[Target, tuple[TooLarge, ...]] = {}
    found: list[TooLarge] = []
    for target in targets:
        model = data_model(target)
        if model not in models:
            models[model] = tuple(_Limit(library, target).findings())
        found += (replace(each, target=target) for each in models[model])
    return tuple(found)


def check_limits(library: decls.Library, report: Report) -> None:
    """Report what is too large, and constants that their types cannot hold, on any of the library's
    targets; each once for all of them."""
    targets = tuple(map(find_target, library.targets))
    groups: dict[tuple[str, str | None], list[TooLarge]] = {}
    for found in too_large(library, targets):
        groups.setdefault((found.declaration, found.member), []).append(found)
    for (declaration, member), group in groups.items():
        name = declaration if member is None else f"{declaration}.{member}"
        triples = [found.target.triple for found in group]
        makes = "is too large" if member is None else "makes it too large"
        report.add(
            catalog.TOO_LARGE,
            group[0].span,
            f"`{name}` {makes} for an object on {describe_targets(triples, library.targets)}",
            hint="an object is smaller than 2^31 bytes on 32-bit targets, than 2^61 on others",
        )
    for declared in library.declarations:
        if isinstance(declared, decls.Constant):
            _check_constant(library, declared, targets, report)


def _check_constant(
    library: decls.Library, constant: decls.Constant, targets: Sequence[Target], report: Report
) -> None:
    if not isinstance(constant.value, int):
        return
    narrow = [each.triple for each in targets if not _holds(constant.type, constant.value, each)]
    if narrow:
        report.add(
            catalog.OUT_OF_RANGE,
            constant.span,
            f"{constant.value} does not fit `{constant.type}` on"
            f" {describe_targets(narrow, library.targets)}",
            hint="choose a type of fixed width, or leave out targets with `targets …;`",
        )


def _holds(scalar: str, value: int, target: Target) -> bool:
    bits = scalar_extent(scalar, target).size * 8
    if is_signed(scalar, target):
        return -(1 << (bits - 1)) <= value < 1 << (bits - 1)
    return 0 <= value < 1 << bits


class _Limit:
    """Looks for what is too large on one target."""

    def __init__(self, library: decls.Library, target: Target) -> None:
        self._library = library
        self._target = target
        self._measure = Measure(library, target)
        self._most = largest_object(target)

    def findings(self) -> Iterator[TooLarge]:
        for declaration in self._library.declarations:
            match declaration:
                case Aggregate() | decls.Vtable():
                    yield from self._record(declaration)
                case decls.Alias() | decls.EntryStatic():
                    if self._is_cause(declaration.type):
                        yield TooLarge(declaration.name, None, self._target, declaration.span)
                case decls.Callback() | decls.EntryFunction():
                    if self._has_cause(declaration.signature):
                        yield TooLarge(declaration.name, None, self._target, declaration.span)
                case _:
                    pass

    def _record(self, record: Aggregate | decls.Vtable) -> Iterator[TooLarge]:
        causes = [member for member in _members(record) if self._is_cause(_type(member))]
        if not causes:
            causes = self._crossing(record)
        for member in causes:
            yield TooLarge(record.name, member.name, self._target, member.span or record.span)

    def _is_cause(self, given: types.Type) -> bool:
        """Whether something is too large that is written in this very type, at any depth: compilers
        refuse it also where it is only pointed to."""
        match given:
            case types.Array():
                if self._is_cause(given.element):
                    return True
                return self._fits(given.element) and not self._fits(given)
            case types.Pointer():
                return self._is_cause(given.pointee)
            case types.FunctionPointer():
                return self._has_cause(given.signature)
            case types.Nested():
                fields = given.aggregate.fields
                if any(self._is_cause(field.type) for field in fields):
                    return True
                return not self._fits(given) and all(self._fits(field.type) for field in fields)
            case _:
                return False

    def _has_cause(self, signature: Signature) -> bool:
        results = () if signature.result is None else (signature.result.type,)
        given = (*(parameter.type for parameter in signature.parameters), *results)
        return any(self._is_cause(each) for each in given)

    def _crossing(self, record: Aggregate | decls.Vtable) -> list[decls.Member]:
        """The member with which a record of members that fit becomes too large; the last one if
        padding does it."""
        layout = self._measure.layouts[record.name]
        members = _members(record)
        if layout.size <= self._most or not isinstance(layout, AggregateLayout):
            return []
        if not all(self._fits(_type(member)) for member in members):
            return []
        for member, placed in zip(members, layout.members, strict=True):
            if placed.offset + placed.size > self._most:
                return [member]
        return [members[-1]]

    def _fits(self, given: types.Type) -> bool:
        return self._measure.extent(given).size <= self._most


def _members(record: Aggregate | decls.Vtable) -> tuple[decls.Member, ...]:
    return record.fields if isinstance(record, Aggregate) else record.members


def _type(member: decls.Member) -> types.Type:
    if isinstance(member, decls.Slot):
        return types.FunctionPointer(member.signature)
    return member.type
