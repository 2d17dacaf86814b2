"""Names in Python: ``@py`` and ``@strip`` give each thing one that nothing beside it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from abilock.check.meaning_types import Facts
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.model import decls, types
from abilock.model.attributes import Attributes
from abilock.model.naming import python_name
from abilock.model.python_names import (
    bound_name,
    entry_name,
    fact_name,
    method_name,
    stripped_endings,
    type_name,
)
from abilock.model.types import Aggregate, Field, Parameter, Signature
from abilock.source import Span

#: What the description calls a thing, what Python does, and where that is said.
_Named = tuple[str, str, Span | None]


def check_names(facts: Facts, report: Report) -> None:
    """Report names that renaming makes one. Those that are one without it were found before."""
    library = facts.library
    own = [declared for declared in library.declarations if declared.name not in library.imported]
    for group in _globals(library, [declared for declared in own if _shows(declared)]):
        _check(group, report)
    for declared in own:
        for group in _groups(declared, facts):
            _check(group, report)


def _check(group: Iterable[_Named], report: Report) -> None:
    seen: dict[str, _Named] = {}
    for given in group:
        name, bound, span = given
        first = seen.setdefault(bound, given)
        if first is given or python_name(name) == python_name(first[0]):
            continue
        report.add(
            catalog.NAME_COLLISION,
            span,
            f"`{name}` and `{first[0]}` are both `{bound}` in Python",
            hint="give one of them another name with `@py`",
            notes=(Note("the other one", first[2]),),
        )


def _globals(
    library: decls.Library, declared: Sequence[decls.Declaration]
) -> Iterator[Iterator[_Named]]:
    entries = (decls.EntryFunction, decls.EntryStatic)
    yield (
        _named(each, type_name(each.name, each.attributes))
        for each in declared
        if not isinstance(each, entries)
    )
    yield (
        _named(each, entry_name(library.name, each.name, each.attributes))
        for each in declared
        if isinstance(each, entries)
    )


def _named(
    given: decls.Declaration | decls.Member | decls.EnumValue | Parameter, bound: str
) -> _Named:
    said = given.attributes.get("py")
    span = said.span if said is not None and said.span is not None else given.span
    return given.name or "", bound, span


def _shows(given: decls.Declaration | decls.Member | decls.EnumValue) -> bool:
    """Bindings do not have what is hidden."""
    return not given.attributes.has("hidden")


def _groups(declared: decls.Declaration, facts: Facts) -> Iterator[Iterator[_Named]]:
    match declared:
        case decls.EnumDecl():
            yield (
                _named(value, bound_name(value.name, value.attributes))
                for value in declared.values
                if _shows(value)
            )
        case Aggregate():
            yield from _of_record(declared.fields, declared.attributes, facts)
        case decls.Vtable():
            yield from _of_record(declared.members, declared.attributes, facts)
            for slot in declared.slots:
                yield _parameters(slot.signature, ("self",))
        case decls.Callback() | decls.EntryFunction():
            yield _parameters(declared.signature)
        case _:
            pass


def _of_record(
    members: Sequence[decls.Member], owner: Attributes, facts: Facts
) -> Iterator[Iterator[_Named]]:
    is_error = owner.has("error_buffer")
    yield _members(members, stripped_endings(owner, facts.library.attributes), facts, is_error)
    for member in members:
        if isinstance(member, Field) and isinstance(member.type, types.Nested):
            yield from _of_record(member.type.aggregate.fields, owner, facts)


def _members(
    members: Sequence[decls.Member],
    endings: Sequence[str],
    facts: Facts,
    is_error: bool = False,
) -> Iterator[_Named]:
    for member in members:
        if not _shows(member):
            continue
        if isinstance(member, decls.Slot) or (
            member.name is not None and facts.signature(member.type) is not None
        ):
            yield _named(member, method_name(member.name or "", member.attributes, endings))
        elif member.name is not None:
            name = fact_name if is_error else bound_name
            yield _named(member, name(member.name, member.attributes))
        elif isinstance(member.type, types.Nested):
            yield from _members(member.type.aggregate.fields, endings, facts)


def _parameters(signature: Signature, taken: Iterable[str] = ()) -> Iterator[_Named]:
    if not any(given.attributes.has("py") for given in signature.parameters):
        return
    yield from ((name, name, None) for name in taken)
    for given in signature.parameters:
        if given.name is not None and not given.receiver:
            yield _named(given, bound_name(given.name, given.attributes))
