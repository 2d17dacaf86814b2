"""What rules ask of types: aliases followed, declarations found, questions answered in a word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from abilock.check.meaning_walk import Around, Function, Record, Use, Walk, named
from abilock.model import decls, scalars, types
from abilock.model.attributes import Attribute
from abilock.model.text import type_text
from abilock.model.types import Aggregate, Field, Signature

#: What text in 8-bit units is made of, and text in 16-bit units.
NARROW = frozenset("c_char c_schar c_uchar i8 u8".split())
WIDE = frozenset("u16 c_ushort wchar_t".split())

#: The views that are a pointer and a length.
VIEWS = ("string", "bytes", "list")
#: The attributes that say how a thing ends.
ENDS = ("owned", "free", "drop", "release", "refcounted")


class Facts:
    """Answers from a library without errors in its types and names."""

    def __init__(self, library: decls.Library) -> None:
        self.library = library
        self.walk = Walk.of(library)
        self._declared = {declared.name: declared for declared in library.declarations}
        self._records = {record.name: record for record in self.walk.records}
        self._resolved: dict[str, types.Type] = {}
        self._called: dict[str, Signature | None] = {}

    # --- types

    def resolve(self, given: types.Type) -> types.Type:
        """What a type stands for; it may be null if the alias or its use says so."""
        passed: list[types.Named] = []
        while isinstance(given, types.Named):
            if given.name in self._resolved:
                given = _or_null(self._resolved[given.name], given)
                break
            alias = self._declared.get(given.name)
            if not isinstance(alias, decls.Alias):
                break
            passed.append(given)
            given = alias.type
        for use in reversed(passed):
            self._resolved[use.name] = given
            given = _or_null(given, use)
        return given

    def declaration(self, given: types.Type) -> decls.Declaration | None:
        """The declaration that a type names, aliases followed."""
        given = self.resolve(given)
        return self._declared.get(given.name) if isinstance(given, types.Named) else None

    def value_names(self) -> Iterator[frozenset[str]]:
        """The names of the values of each enum."""
        for declared in self._declared.values():
            if isinstance(declared, decls.EnumDecl):
                yield frozenset(value.name for value in declared.values)

    def constants(self) -> tuple[str, ...]:
        """The names of the constants."""
        return tuple(
            name for name, found in self._declared.items() if isinstance(found, decls.Constant)
        )

    def find(self, name: str) -> decls.Declaration | None:
        return self._declared.get(name)

    def aliases(self, given: types.Type) -> Iterator[decls.Alias]:
        """The aliases that a type goes through."""
        while isinstance(given, types.Named):
            alias = self._declared.get(given.name)
            if not isinstance(alias, decls.Alias):
                return
            yield alias
            given = alias.type

    def pointer(self, given: types.Type) -> types.Pointer | None:
        given = self.resolve(given)
        return given if isinstance(given, types.Pointer) else None

    def scalar(self, given: types.Type) -> str | None:
        """The name of a built-in scalar."""
        given = self.resolve(given)
        return given.name if isinstance(given, types.Scalar) else None

    def integer(self, given: types.Type) -> str | None:
        """The integer scalar that a type is; an enum is not one."""
        name = self.scalar(given)
        return name if name in scalars.INTEGER_SCALARS else None

    def enum(self, given: types.Type) -> decls.EnumDecl | None:
        declared = self.declaration(given)
        return declared if isinstance(declared, decls.EnumDecl) else None

    def record(self, given: types.Type) -> Record | None:
        """The struct, union or vtable that a type is by value."""
        given = self.resolve(given)
        return self._records.get(given.name) if isinstance(given, types.Named) else None

    def signature(self, given: types.Type) -> Signature | None:
        """The signature of a callback or function pointer."""
        given = self.resolve(given)
        if isinstance(given, types.FunctionPointer):
            return given.signature
        declared = self.declaration(given)
        return declared.signature if isinstance(declared, decls.Callback) else None

    def called(self, given: types.Type) -> Signature | None:
        """The signature of a function, or of the functions in an array."""
        if isinstance(given, types.Scalar | types.Pointer | types.Void):
            return None
        passed: list[str] = []
        while isinstance(array := self.resolve(given), types.Array):
            given = array.element
            if isinstance(given, types.Named):
                if given.name in self._called:
                    break
                passed.append(given.name)
        known = given.name if isinstance(given, types.Named) else ""
        signature = self._called[known] if known in self._called else self.signature(given)
        self._called.update(dict.fromkeys(passed, signature))
        return signature

    def element(self, given: types.Type) -> types.Type | None:
        """What a pointer points to, or what an array consists of."""
        match self.resolve(given):
            case types.Pointer(pointee=inner) | types.Array(element=inner):
                return self.resolve(inner)
            case _:
                return None

    def is_nullable(self, given: types.Type) -> bool:
        given = self.resolve(given)
        return isinstance(given, types.Pointer | types.FunctionPointer | types.Named) and bool(
            given.nullable
        )

    def is_number(self, given: types.Type) -> bool:
        """Whether a type is a plain value: a scalar or an enum."""
        return isinstance(self.resolve(given), types.Scalar) or self.enum(given) is not None

    # --- uses

    def said(self, use: Use, name: str) -> Attribute | None:
        """The attribute at a use, or at an alias that it goes through."""
        found = use.attributes.get(name)
        for alias in self.aliases(use.type):
            found = found or alias.type_attributes.get(name) or alias.attributes.get(name)
        return found

    def owns(self, use: Use) -> bool:
        """Whether a use says ``own``, itself or by an alias."""
        return use.own or any(alias.own for alias in self.aliases(use.type))

    def subject(self, use: Use) -> types.Type:
        """What a use is about: behind an out pointer, what is written there."""
        pointer = self.pointer(use.type)
        writes = use.attributes.has("out") or use.attributes.has("inout")
        return pointer.pointee if pointer is not None and writes else use.type

    def text_unit(self, given: types.Type) -> str | None:
        """The scalar that text or bytes of this type consist of, or None if it holds none.

        ex) ``c_char`` of ``*const char``, ``[char; 8]`` and a struct with ``@string``
        """
        record = self.record(given)
        if record is None and (inner := self.element(given)) is not None:
            if isinstance(inner, types.Scalar):
                return inner.name if inner.name in NARROW | WIDE else None
            record = self.record(inner) or self._pointed_record(inner)
        return self._unit_of_view(record) if record is not None else None

    def _pointed_record(self, given: types.Type) -> Record | None:
        inner = self.element(given)
        return self.record(inner) if inner is not None else None

    def _unit_of_view(self, record: Record) -> str | None:
        view = record.attributes.get("string") or record.attributes.get("bytes")
        data = record.find(named(view) or "")
        inner = self.element(data.type) if data is not None else None
        if isinstance(inner, types.Void):
            return "u8"
        return self.scalar(inner) if inner is not None else None

    def version_numbers(self, given: types.Type | None) -> tuple[str, ...]:
        """The fields of a struct that is a version: major, minor and perhaps patch; else nothing."""
        record = self.record(given) if given is not None else None
        if record is None or record.kind != "struct" or not 2 <= len(record.fields) <= 3:
            return ()
        if any(
            self.integer(field.type) is None or field.attributes.has("hidden")
            for field in record.fields
        ):
            return ()
        return tuple(field.name for field in record.fields if field.name is not None)

    @cached_property
    def shaken(self) -> frozenset[str]:
        """The tables that entries of the handshake are or lead to."""
        found: set[str] = set()
        for declared in self.library.declarations:
            if not declared.attributes.has("handshake"):
                continue
            match declared:
                case decls.EntryStatic():
                    found.update(self._tables(declared.type))
                case decls.EntryFunction(signature=signature):
                    if signature.result is not None:
                        found.update(self._tables(signature.result.type))
                    for each in signature.parameters:
                        written = self.pointer(each.type)
                        if written is not None and each.attributes.has("out"):
                            found.update(self._tables(written.pointee))
                case _:
                    pass
        return frozenset(found)

    def _tables(self, given: types.Type) -> Iterator[str]:
        pointer = self.pointer(given)
        record = self.record(given if pointer is None else pointer.pointee)
        if record is None:
            return
        yield record.name
        table = record.find(named(record.attributes.get("object"), 1) or "")
        if table is not None and record.kind != "vtable":
            yield from self._tables(table.type)

    def has_length(self, use: Use) -> bool:
        """Whether a thing can be empty: a view, or a pointer whose length is told."""
        subject = self.subject(use)
        record = self.record(subject)
        if record is not None:
            return any(record.attributes.has(view) for view in VIEWS)
        counted = ("nul", "len", "size", "written", "until_value")
        return self.element(subject) is not None and any(self.said(use, name) for name in counted)

    def can_end(self, given: types.Type) -> bool:
        """Whether a value of this type has something to free, by its type alone."""
        waiting, seen = [given], set[str]()
        while waiting:
            match self.resolve(waiting.pop()):
                case types.Array(element=element):
                    waiting.append(element)
                case types.Nested(aggregate=aggregate):
                    if any(field.own for field in aggregate.fields):
                        return True
                    waiting += (field.type for field in aggregate.fields)
                case types.Named(name=name) if name not in seen:
                    seen.add(name)
                    declared = self._declared[name]
                    if _ends(declared):
                        return True
                    # An object whose functions are elsewhere ends with one of them.
                    waiting += (types.Named(each) for each in self._tables(types.Named(name)))
                    waiting += (field.type for field in _fields(declared))
                case _:
                    pass
        return False

    # --- functions

    def function(self, name: str, around: Around) -> Signature | None:
        """The signature that a name means beside a use: of an entry, slot, field or parameter."""
        record = around.record if isinstance(around, Function) else around
        if around is not None and (beside := around.find(name)) is not None:
            return self.signature(beside.type)
        if record is not None:
            slot = record.slot(name)
            if slot is not None:
                return slot.signature
            field = record.find(name)
            if field is not None:
                return self.signature(field.type)
        declared = self._declared.get(name)
        return declared.signature if isinstance(declared, decls.EntryFunction) else None


def _or_null(given: types.Type, use: types.Named) -> types.Type:
    """A type, null as well if its use says so."""
    if use.nullable and isinstance(given, types.Pointer | types.FunctionPointer | types.Named):
        return replace(given, nullable=True)
    return given


def _fields(declared: decls.Declaration) -> Iterator[Field]:
    match declared:
        case Aggregate():
            yield from declared.fields
        case decls.Vtable():
            yield from (member for member in declared.members if isinstance(member, Field))
        case _:
            pass


def _ends(declared: decls.Declaration) -> bool:
    """Whether a record says how it ends, or owns something itself."""
    if any(declared.attributes.has(end) for end in ENDS):
        return True
    slots = declared.slots if isinstance(declared, decls.Vtable) else ()
    return any(slot.drop for slot in slots) or any(field.own for field in _fields(declared))


def text(given: types.Type) -> str:
    """A type as messages show it. ex) ```*const u8?` ``"""
    return f"`{type_text(given)}`"
