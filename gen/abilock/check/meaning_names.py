"""Names in Python: ``@py`` and ``@strip`` give each thing one that nothing beside it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from abilock.check.meaning_types import Facts
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.model import decls, types
from abilock.model.attributes import Attribute, Attributes
from abilock.model.naming import python_name
from abilock.model.python_names import bound_name, stripped_ending
from abilock.source import Span

#: What the description calls a thing, what Python does, and where that is said.
_Named = tuple[str, str, Span | None]


def check_names(facts: Facts, report: Report) -> None:
    """Report names that renaming makes one. Those that are one without it were found before."""
    library = facts.library
    own = [declared for declared in library.declarations if declared.name not in library.imported]
    ending = stripped_ending(library.attributes)
    _check((_entry(declared, ending) for declared in own if _shows(declared)), report)
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


def _entry(declared: decls.Declaration, ending: str) -> _Named:
    is_function = isinstance(declared, decls.EntryFunction)
    return _named(declared.name, declared.attributes, declared.span, ending if is_function else "")


def _named(name: str, attributes: Attributes, span: Span | None, ending: str = "") -> _Named:
    said = attributes.get("py")
    return name, bound_name(name, attributes, ending), _place(said, span)


def _place(said: Attribute | None, span: Span | None) -> Span | None:
    return said.span if said is not None and said.span is not None else span


def _shows(given: decls.Declaration | decls.Member | decls.EnumValue) -> bool:
    """Bindings do not have what is hidden."""
    return not given.attributes.has("hidden")


def _groups(declared: decls.Declaration, facts: Facts) -> Iterator[Iterator[_Named]]:
    abi = facts.library.attributes
    match declared:
        case decls.EnumDecl():
            yield (
                _named(value.name, value.attributes, value.span)
                for value in declared.values
                if _shows(value)
            )
        case decls.Aggregate():
            yield from _of_record(declared.fields, stripped_ending(abi), facts)
        case decls.Vtable():
            ending = stripped_ending(abi, declared.attributes)
            yield from _of_record(declared.members, ending, facts)
            for slot in declared.slots:
                yield _parameters(slot.signature, slot.span, ("self",))
        case decls.Callback() | decls.EntryFunction():
            yield _parameters(declared.signature, declared.span)
        case _:
            pass


def _of_record(
    members: Iterable[decls.Member], ending: str, facts: Facts
) -> Iterator[Iterator[_Named]]:
    members = tuple(members)
    yield _members(members, ending, facts)
    for member in members:
        if isinstance(member, decls.Field) and isinstance(member.type, types.Nested):
            yield from _of_record(member.type.aggregate.fields, ending, facts)


def _members(members: Iterable[decls.Member], ending: str, facts: Facts) -> Iterator[_Named]:
    for member in members:
        if not _shows(member):
            continue
        if isinstance(member, decls.Slot):
            yield _named(member.name, member.attributes, member.span, ending)
        elif member.name is not None:
            is_function = facts.signature(member.type) is not None
            yield _named(member.name, member.attributes, member.span, ending if is_function else "")
        elif isinstance(member.type, types.Nested):
            yield from _members(member.type.aggregate.fields, ending, facts)


def _parameters(
    signature: decls.Signature, span: Span | None, taken: Iterable[str] = ()
) -> Iterator[_Named]:
    yield from ((name, name, span) for name in taken)
    for given in signature.parameters:
        if given.name is not None and not given.receiver:
            yield _named(given.name, given.attributes, span)
