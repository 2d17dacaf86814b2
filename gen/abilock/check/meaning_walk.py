"""What there is to judge: every record and function of a library, and every type where it is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from abilock.frozen import frozen
from abilock.model import decls, types
from abilock.model.attributes import Attribute, Attributes, Formula, Word
from abilock.model.types import Aggregate, Field, Signature
from abilock.source import Span

#: Attributes that name what belongs to their thing, so that nobody supplies it separately.
_COMPANIONS = ("len", "lens", "size", "capacity", "written", "ctx", "destroy")


class Where(Enum):
    """What a type is the type of."""

    FIELD = "field"
    PARAMETER = "parameter"
    RESULT = "result"
    ALIAS = "alias"
    VARIABLE = "variable"


@frozen
class Use:
    """A type where it is used, with what is said of it there.

    ``label`` is what messages call it. ex) ```count` ``, ``the result of `open` ``
    """

    where: Where
    name: str | None
    label: str
    type: types.Type
    own: bool
    attributes: Attributes
    span: Span | None
    bits: int | None = None

    def place(self, attribute: Attribute | None = None) -> Span | None:
        """Where one of its attributes stands, or it does itself."""
        return attribute.span if attribute is not None and attribute.span else self.span


@frozen
class Function:
    """A signature where it stands; ``attributes`` are those of its declaration.

    ``slot`` and ``record`` are set for the slots of a vtable. ``is_callback``: somebody else calls
    what is passed for it, as with callbacks and written-out function pointers.
    """

    name: str
    signature: Signature
    attributes: Attributes
    span: Span | None
    parameters: tuple[Use, ...]
    result: Use | None
    is_callback: bool = False
    slot: decls.Slot | None = None
    record: Record | None = None

    @property
    def label(self) -> str:
        """What messages call it. ex) ``` `open` ```"""
        return f"`{self.name}`" if self.name else "this function"

    @property
    def receiver(self) -> decls.Receiver | None:
        return self.slot.receiver if self.slot is not None else None

    @property
    def says_something(self) -> bool:
        """Whether there are attributes on the declaration, or on the result."""
        return bool(self.attributes.all or (self.result and self.result.attributes.all))

    def find(self, name: str) -> Use | None:
        return next((given for given in self.parameters if given.name == name), None)

    def said(self, name: str) -> Attribute | None:
        """The attribute on the declaration, or on the result."""
        found = self.attributes.get(name)
        if found is None and self.result is not None:
            found = self.result.attributes.get(name)
        return found

    def outcome(self) -> tuple[Use, ...]:
        """What it gives back: the result, and what it writes."""
        written = tuple(given for given in self.parameters if given.attributes.has("out"))
        return written if self.result is None else (self.result, *written)

    def supplied(self) -> tuple[Use, ...]:
        """The parameters that a caller must have something for: all but the object, its error, what
        is only written, and what belongs to another parameter, such as its length."""
        spoken_for = {named(self.said("error")), named(self.attributes.get("handle"))}
        for given in self.outcome() + self.parameters:
            for attribute in _COMPANIONS:
                spoken_for.update(all_names(given.attributes.get(attribute)))
        return tuple(
            given
            for given in self.parameters
            if given.name not in spoken_for - {None} and not given.attributes.has("out")
        )


@frozen
class Record:
    """A struct, union, vtable or opaque type, whose word ``kind`` is.

    ``fields``: with those of anonymous members, which belong to it.
    """

    name: str
    kind: str
    fields: tuple[Use, ...]
    slots: tuple[decls.Slot, ...]
    attributes: Attributes
    span: Span | None

    def find(self, name: str) -> Use | None:
        return next((given for given in self.fields if given.name == name), None)

    def slot(self, name: str) -> decls.Slot | None:
        return next((slot for slot in self.slots if slot.name == name), None)


#: What stands around a use: its neighbours are what its attributes may name.
Around = Record | Function | None


def named(attribute: Attribute | None, at: int = 0) -> str | None:
    """The name that an attribute gives. ex) ``cap`` of ``@string(ptr, len, cap)`` at 2"""
    if attribute is None or len(attribute.arguments) <= at:
        return None
    argument = attribute.arguments[at]
    return argument.text if isinstance(argument, Word) else None


def all_names(attribute: Attribute | None) -> Iterator[str]:
    """Every name in the arguments of an attribute."""
    for argument in attribute.arguments if attribute is not None else ():
        if isinstance(argument, Word):
            yield argument.text
        elif isinstance(argument, Formula):
            yield from argument.names


@dataclass(slots=True)
class Walk:
    """Everything in a library that rules look at, in the library's order."""

    records: list[Record] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    uses: list[tuple[Use, Around]] = field(default_factory=list)

    @classmethod
    def of(cls, library: decls.Library) -> Walk:
        walk = cls()
        for declaration in library.declarations:
            walk._declaration(declaration)
        return walk

    def _declaration(self, declared: decls.Declaration) -> None:
        match declared:
            case Aggregate():
                self._aggregate(declared)
            case decls.Vtable():
                self._vtable(declared)
            case decls.Opaque():
                name = declared.name
                self.records.append(
                    Record(name, "opaque", (), (), declared.attributes, declared.span)
                )
            case decls.Callback() | decls.EntryFunction():
                is_callback = isinstance(declared, decls.Callback)
                self._function(
                    declared.name,
                    declared.signature,
                    declared.attributes,
                    declared.span,
                    is_callback=is_callback,
                )
            case decls.Alias():
                said = Attributes(declared.attributes.all + declared.type_attributes.all)
                self._use(_use(Where.ALIAS, declared, said, own=declared.own), None)
            case decls.EntryStatic():
                self._use(_use(Where.VARIABLE, declared, declared.attributes), None)
            case _:
                pass

    def _aggregate(self, declared: Aggregate) -> None:
        kind = "union" if declared.is_union else "struct"
        record = Record(
            declared.name,
            kind,
            tuple(_flat(declared.fields)),
            (),
            declared.attributes,
            declared.span,
        )
        self.records.append(record)
        self._fields(declared.fields, record)

    def _vtable(self, declared: decls.Vtable) -> None:
        fields = [member for member in declared.members if isinstance(member, Field)]
        record = Record(
            declared.name,
            "vtable",
            tuple(_flat(fields)),
            declared.slots,
            declared.attributes,
            declared.span,
        )
        self.records.append(record)
        self._fields(fields, record)
        for slot in declared.slots:
            self._function(
                slot.name, slot.signature, slot.attributes, slot.span, slot=slot, record=record
            )

    def _fields(self, fields: Iterable[Field], record: Record) -> None:
        for given in fields:
            if isinstance(given.type, types.Nested):
                self._aggregate(given.type.aggregate)
            self._use(_field(given), record)

    def _function(
        self,
        name: str,
        signature: Signature,
        attributes: Attributes,
        span: Span | None,
        *,
        is_callback: bool = False,
        slot: decls.Slot | None = None,
        record: Record | None = None,
    ) -> None:
        function = Function(
            name,
            signature,
            attributes,
            span,
            tuple(_parameters(name, signature, span)),
            _result(name, signature, span),
            is_callback,
            slot,
            record,
        )
        self.functions.append(function)
        for given in function.parameters:
            self._use(given, function)
        if function.result is not None:
            self._use(function.result, function)

    def _use(self, use: Use, around: Around) -> None:
        self.uses.append((use, around))
        for signature in _signatures(use.type):
            self._function(use.name or "", signature, Attributes(), use.place(), is_callback=True)


def _use(
    where: Where,
    declared: decls.Alias | decls.EntryStatic,
    attributes: Attributes,
    *,
    own: bool = False,
) -> Use:
    label = f"`{declared.name}`"
    return Use(where, declared.name, label, declared.type, own, attributes, declared.span)


def _field(given: Field) -> Use:
    label = f"`{given.name}`" if given.name is not None else "this member"
    return Use(
        Where.FIELD,
        given.name,
        label,
        given.type,
        given.own,
        given.attributes,
        given.span,
        given.bits,
    )


def _flat(fields: Iterable[Field]) -> Iterator[Use]:
    for given in fields:
        if given.name is None and isinstance(given.type, types.Nested):
            yield from _flat(given.type.aggregate.fields)
        else:
            yield _field(given)


def _parameters(function: str, signature: Signature, span: Span | None) -> Iterator[Use]:
    for index, given in enumerate(signature.parameters):
        if given.receiver:
            continue
        label = f"`{given.name}`" if given.name else f"parameter {index + 1} of `{function}`"
        place = given.span or span
        yield Use(
            Where.PARAMETER, given.name, label, given.type, given.own, given.attributes, place
        )


def _result(function: str, signature: Signature, span: Span | None) -> Use | None:
    given = signature.result
    if given is None:
        return None
    label = f"the result of `{function}`"
    return Use(Where.RESULT, None, label, given.type, given.own, given.attributes, span)


def _signatures(given: types.Type) -> Iterator[Signature]:
    """Function pointers that are written out in a type; members of nested types have uses of their own."""
    match given:
        case types.Pointer():
            yield from _signatures(given.pointee)
        case types.Array():
            yield from _signatures(given.element)
        case types.FunctionPointer():
            yield given.signature
        case _:
            pass
