"""Handles of entries: types that entries make, take and end, each of which is a class to a caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from abilock.model.attributes import Attribute, Attributes, Word
from abilock.model.decls import Alias, Declaration, EntryFunction, Library, Opaque
from abilock.model.scalars import INTEGER_SCALARS
from abilock.model.types import Aggregate, Named, Parameter, Pointer, Scalar, Signature, Type, Void

_WORDS = ("create", "handle", "destroy")


@dataclass(frozen=True, slots=True)
class HandleKind:
    """A type of handles, known by the declaration ``name``: what its pointers lead to, a struct that is a
    handle by value, or an alias of a number or of a pointer to void.

    ``ends``: the entry that ends one. ``made``: whether an entry makes them.
    """

    name: str
    by_value: bool
    is_alias: bool
    ends: EntryFunction | None
    made: bool


@dataclass(frozen=True, slots=True)
class Handled:
    """One parameter or result that an attribute of an entry calls a handle. ``kind``: the declaration that
    it is known by, None if it has none."""

    entry: EntryFunction
    attribute: Attribute
    type: Type
    kind: str | None


class Handles:
    """The handles of the entries of one library."""

    def __init__(self, library: Library) -> None:
        self._by_name: Mapping[str, Declaration] = {
            each.name: each for each in library.declarations
        }
        self._entries = tuple(
            each
            for each in library.declarations
            if isinstance(each, EntryFunction) and each.name not in library.imported
        )
        self.handled = tuple(found for each in self._entries for found in self._handled(each))
        self.kinds: dict[str, HandleKind] = {}
        for each in self.handled:
            if each.kind is not None:
                self.kinds.setdefault(each.kind, self._kind(each.kind, each.type))

    def _kind(self, name: str, type_: Type) -> HandleKind:
        about = [each for each in self.handled if each.kind == name]
        ends = [each.entry for each in about if each.attribute.name == "destroy"]
        return HandleKind(
            name,
            by_value=not isinstance(self._resolved(type_), Pointer),
            is_alias=isinstance(self._by_name[name], Alias),
            ends=ends[0] if ends else None,
            made=any(each.attribute.name == "create" for each in about),
        )

    def _handled(self, entry: EntryFunction) -> Iterator[Handled]:
        for attribute in entry.attributes.all:
            if attribute.name not in _WORDS:
                continue
            type_ = self._type(entry, attribute)
            if type_ is not None:
                yield Handled(entry, attribute, type_, self.known_by(type_))

    def _type(self, entry: EntryFunction, attribute: Attribute) -> Type | None:
        """The type of the handle that an attribute means."""
        name = _named(attribute)
        signature = entry.signature
        if attribute.name == "create":
            if name is None:
                return signature.result.type if signature.result is not None else None
            pointer = self._resolved(_parameter(signature, name).type)
            return pointer.pointee if isinstance(pointer, Pointer) else None
        given = self._only(signature) if name is None else _parameter(signature, name)
        return given.type if given is not None else None

    def _only(self, signature: Signature) -> Parameter | None:
        """The parameter that ``@destroy`` means where it names none."""
        found = (each for each in signature.parameters if not each.attributes.has("out"))
        return next(found, None)

    def _resolved(self, type_: Type) -> Type:
        while isinstance(type_, Named):
            declared = self._by_name[type_.name]
            if not isinstance(declared, Alias):
                break
            type_ = declared.type
        return type_

    def known_by(self, type_: Type) -> str | None:
        """The declaration by which a handle of this type is known."""
        resolved = self._resolved(type_)
        thing = self._resolved(resolved.pointee) if isinstance(resolved, Pointer) else resolved
        if isinstance(thing, Named):
            declared = self._by_name[thing.name]
            is_struct = isinstance(declared, Aggregate) and not declared.is_union
            return thing.name if is_struct or isinstance(declared, Opaque) else None
        is_number = isinstance(resolved, Scalar) and resolved.name in INTEGER_SCALARS
        if isinstance(type_, Named) and (is_number or isinstance(thing, Void)):
            return type_.name
        return None

    # --- entries

    def taken(self, entry: EntryFunction) -> Parameter | None:
        """The handle that an entry is a function of: the one that it names, or a pointer to what entries
        make that comes first."""
        for word in ("destroy", "handle"):
            given = entry.attributes.get(word)
            if given is not None:
                name = _named(given)
                return _parameter(entry.signature, name) if name else self._only(entry.signature)
        first = next(iter(entry.signature.parameters), None)
        if first is None or first.name is None or entry.attributes.has("handshake"):
            return None
        kind = self.kinds.get(self.known_by(first.type) or "")
        if kind is None or not kind.made or kind.is_alias or kind.by_value:
            return None
        resolved = self._resolved(first.type)
        is_null = isinstance(first.type, Named | Pointer) and first.type.nullable
        is_null = is_null or (isinstance(resolved, Pointer) and resolved.nullable)
        is_other = first.own or any(first.attributes.has(word) for word in ("out", "inout", "len"))
        return None if is_null or is_other else first

    def kind_of(self, entry: EntryFunction) -> HandleKind | None:
        """The handles that an entry is a function of."""
        taken = self.taken(entry)
        return self.kinds.get(self.known_by(taken.type) or "") if taken is not None else None

    def of(self, name: str) -> tuple[EntryFunction, ...]:
        """The functions of a kind of handles, its end left out."""
        kind = self.kinds.get(name)
        if kind is None:
            return ()
        return tuple(
            each
            for each in self._entries
            if self.kind_of(each) is kind
            and not each.attributes.has("destroy")
            and not each.attributes.has("hidden")
        )

    def written_out(self, entry: EntryFunction) -> tuple[Signature, Attributes]:
        """What an entry takes and returns, where a handle that it makes is one thing of many that it hands
        over, and the one that it is a function of is named."""
        signature, attributes = entry.signature, entry.attributes
        create = attributes.get("create")
        if create is not None:
            name = _named(create)
            signature = _handing_over(signature, name)
            attributes = Attributes(tuple(each for each in attributes.all if each is not create))
        taken = self.taken(entry)
        if taken is not None and taken.name is not None:
            word = "destroy" if attributes.has("destroy") else "handle"
            others = (each for each in attributes.all if each.name != word)
            attributes = Attributes((*others, Attribute(word, (Word(taken.name),))))
        return signature, attributes


def _handing_over(signature: Signature, name: str | None) -> Signature:
    """``name``: the parameter to which a handle is written, None for the result."""
    if name is None:
        assert signature.result is not None
        return replace(signature, result=replace(signature.result, own=True))
    return replace(
        signature,
        parameters=tuple(
            replace(each, own=True, attributes=_as_out(each.attributes))
            if each.name == name
            else each
            for each in signature.parameters
        ),
    )


def _as_out(attributes: Attributes) -> Attributes:
    return (
        attributes if attributes.has("out") else Attributes((*attributes.all, Attribute("out", ())))
    )


def _named(attribute: Attribute) -> str | None:
    given = [each.text for each in attribute.arguments if isinstance(each, Word)]
    return given[0] if given else None


def _parameter(signature: Signature, name: str) -> Parameter:
    return next(each for each in signature.parameters if each.name == name)
