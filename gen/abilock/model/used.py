"""What an ABI consists of, with what it takes from files that it imports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from abilock.model.attributes import Applied, ArgumentValue, Attributes, Word
from abilock.model.decls import Alias, Declaration, Library, members_of
from abilock.model.mentions import mentioned_types
from abilock.model.types import FunctionPointer, Named, Nested


def whole(library: Library) -> Library:
    """The library as if it declared by itself what it uses of others: what those change is a change of it
    as well."""
    if not library.imports:
        return library
    return replace(library, imports=(), declarations=used_declarations(library))


def used_declarations(library: Library) -> tuple[Declaration, ...]:
    """What a file declares, and what that needs of imported files, in dependency order."""
    known = {each.name: each for each in library.declarations}
    found = {each.name: each for each in library.declared}
    waiting = list(found.values())
    compared = (each for each in library.compat.arguments if isinstance(each, str))
    for name in compared:
        if name in known and name not in found:
            found[name] = known[name]
    while waiting:
        for name in set(_names(waiting.pop())) - found.keys():
            if name in known:
                found[name] = known[name]
                waiting.append(known[name])
    return tuple(each for each in library.declarations if each.name in found)


def used_aliases(library: Library) -> frozenset[str]:
    """The aliases that stand in something else than aliases, directly or by way of others."""
    aliases = {each.name: each for each in library.declarations if isinstance(each, Alias)}
    waiting: list[Declaration] = [
        each for each in library.declarations if not isinstance(each, Alias)
    ]
    found: set[str] = set()
    while waiting:
        for mentioned in mentioned_types(waiting.pop()):
            if isinstance(mentioned, Named) and mentioned.name in aliases.keys() - found:
                found.add(mentioned.name)
                waiting.append(aliases[mentioned.name])
    return frozenset(found)


def _names(declared: Declaration) -> Iterator[str]:
    """Every name that a declaration uses: of types, and of what its attributes name."""
    yield from _said(declared.attributes)
    if isinstance(declared, Alias):
        yield from _said(declared.type_attributes)
    for member in members_of(declared):
        yield from _said(member.attributes)
    for mentioned in mentioned_types(declared):
        match mentioned:
            case Named():
                yield mentioned.name
            case Nested():
                for field in mentioned.aggregate.fields:
                    yield from _said(field.attributes)
            case FunctionPointer():
                signature = mentioned.signature
                for parameter in signature.parameters:
                    yield from _said(parameter.attributes)
                if signature.result is not None:
                    yield from _said(signature.result.attributes)


def _said(attributes: Attributes) -> Iterator[str]:
    for each in attributes.all:
        yield from _words(each.arguments)


def _words(arguments: tuple[ArgumentValue, ...]) -> Iterator[str]:
    for each in arguments:
        if isinstance(each, Word):
            yield each.text
        elif isinstance(each, Applied):
            yield from (each.name, *_words(each.arguments))
