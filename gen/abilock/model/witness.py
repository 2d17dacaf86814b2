"""What a witness says of an ABI: a row for each declaration, member and value, with its fingerprints.

A row has two fingerprints. That of the *form* is of what passes between two binaries: kinds and widths
of numbers, what pointers lead to, conventions, order, and who owns what is passed. Names of parameters
and aliases, and docs, are not in it. That of the *contract* is of the form and of everything that is
promised beside it: what may be null, lengths, errors, threads. ``docs/witness.md`` specifies both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from abilock.model.attributes import (
    Applied,
    ArgumentValue,
    Attributes,
    Below,
    Formula,
    Number,
    Text,
    Word,
)
from abilock.model.decls import (
    Alias,
    Callback,
    Constant,
    Declaration,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    EnumKind,
    Library,
    Member,
    Opaque,
    Slot,
    Vtable,
    members_of,
)
from abilock.model.prints import fingerprint
from abilock.model.text import signature_text, type_text
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    FunctionPointer,
    Named,
    Nested,
    Pointer,
    Scalar,
    Signature,
    Type,
    Void,
)
from abilock.model.version import Version

#: Attributes by which nothing that crosses changes.
_SILENT = frozenset(
    "since deprecated py strip strip_types c must_use default path get set hidden".split()
)
#: Scalars that are one and the same on every target.
_SAME: Mapping[str, str] = {
    "c_schar": "i8",
    "c_uchar": "u8",
    "c_short": "i16",
    "c_ushort": "u16",
    "c_int": "i32",
    "c_uint": "u32",
    "c_longlong": "i64",
    "c_ulonglong": "u64",
    "c_float": "f32",
    "c_double": "f64",
    "size_t": "usize",
    "ptrdiff_t": "isize",
}
#: How many characters of a row's text a record has.
_LONGEST = 1000
_BYTES = frozenset(("c_char", "i8", "u8"))


class Measure(Enum):
    """What a compiler can tell of a row."""

    NOTHING = 0
    SIZE = 1
    PLACE = 2


@dataclass(frozen=True, slots=True)
class Row:
    """``owner``: the declaration whose member or value it is, or nothing. A member inside another has
    a dotted name. ``since``: the version that brought it.

    ex) ``Row("slot", "id_fn", "fn(self: const) -> FfiStr", owner="SourceVtable", …)``
    """

    kind: str
    name: str
    text: str
    form: int
    contract: int
    owner: str = ""
    since: Version | None = None
    measure: Measure = Measure.NOTHING

    @property
    def line(self) -> str:
        """The row's text in a record. ex) ``slot id_fn fn(self: const) -> FfiStr``"""
        return f"{self.kind} {self.name} {_shortened(self.text)}".rstrip()


def rows(library: Library) -> tuple[tuple[Row, ...], ...]:
    """Every declaration of the library and of what it imports, each with its members behind it."""
    return tuple(rows_of(each, library) for each in library.declarations)


def rows_of(declaration: Declaration, library: Library) -> tuple[Row, ...]:
    """One declaration of them, with its members behind it."""
    return tuple(_Rows(library, declaration).all())


class _Rows:
    """The rows of one declaration."""

    def __init__(self, library: Library, declaration: Declaration) -> None:
        self._library = library
        self._declaration = declaration

    def all(self) -> Iterator[Row]:
        found = self._declaration
        match found:
            case Aggregate() | Vtable():
                yield self._record(found)
                yield from self._members(members_of(found), "", measured=True)
            case EnumDecl():
                kind = _ENUM_KINDS[found.kind]
                width = _SAME.get(found.underlying, found.underlying)
                yield self._row(kind, found.underlying, f"enum {width}", kind, Measure.SIZE)
                for value in found.values:
                    number = str(value.value)
                    yield _made("value", value.name, number, number, "", found.name, value)
            case Opaque():
                yield self._row("opaque", "", "opaque")
            case Alias():
                # What an alias means is in the form of everything that uses it.
                promised = f"{_own(found.own)}{self._type(found.type)}"
                promised += _attributes(found.type_attributes)
                text = f"{_own(found.own)}{type_text(found.type)}"
                yield self._row("alias", text, "alias", promised)
            case Constant():
                yield self._row("constant", _constant(found), "constant", _constant(found))
            case Callback():
                yield self._function("callback", found.signature)
            case EntryFunction():
                yield self._function("entry", found.signature, f"{found.optional}")
            case EntryStatic():
                text = f"{'const ' if found.const else ''}{type_text(found.type)}"
                promised = f"{found.const} {found.optional} {_nulls(found.type)}"
                yield self._row("variable", text, self._type(found.type), promised)

    def _record(self, record: Aggregate | Vtable) -> Row:
        kind = "vtable"
        form = "record"
        packing = ""
        if isinstance(record, Aggregate):
            kind = "union" if record.is_union else "struct"
            packing = _packing(record)
            form = f"{'union' if record.is_union else 'record'}{packing}"
        return self._row(kind, packing.strip(), form, "", Measure.SIZE)

    def _row(
        self,
        kind: str,
        text: str,
        form: str,
        promised: str = "",
        measure: Measure = Measure.NOTHING,
    ) -> Row:
        return _made(
            kind, self._declaration.name, text, form, promised, "", self._declaration, measure
        )

    def _function(self, kind: str, signature: Signature, promised: str = "") -> Row:
        names = _parameter_names(signature)
        declared = self._declaration
        return _made(
            kind,
            declared.name,
            signature_text(signature),
            self._signature(signature),
            f"{promised} {_promises(signature)}",
            "",
            declared,
            names=names,
        )

    # --- members

    def _members(self, members: Sequence[Member], prefix: str, *, measured: bool) -> Iterator[Row]:
        owner = self._declaration.name
        run: list[str] = []
        for member in members:
            name = f"{prefix}{member.name}"
            if isinstance(member, Slot):
                run.clear()
                promised = f"{member.optional} {member.drop} {_promises(member.signature)}"
                words = "optional " if member.optional else ""
                yield _made(
                    "slot",
                    name,
                    words + signature_text(member.signature),
                    self._signature(member.signature),
                    promised,
                    owner,
                    member,
                    Measure.PLACE if measured else Measure.NOTHING,
                    names=_parameter_names(member.signature),
                )
                continue
            if member.bits is None:
                run.clear()
            else:
                # Where bits are follows from those before them, with or without a name.
                run.append(f"{self._type(member.type)}:{member.bits}")
            if member.name is not None:
                yield self._field(member, name, run, measured)
            if isinstance(member.type, Nested):
                inner = prefix if member.name is None else f"{name}."
                yield from self._members(member.type.aggregate.fields, inner, measured=measured)

    def _field(self, field: Field, name: str, run: Sequence[str], measured: bool) -> Row:
        bits = "" if field.bits is None else f" : {field.bits}"
        form = " ".join(run) if run else self._type(field.type)
        return _made(
            "field",
            name,
            f"{_own(field.own)}{type_text(field.type)}{bits}",
            f"{_own(field.own)}{form}",
            _nulls(field.type),
            self._declaration.name,
            field,
            Measure.PLACE if measured and field.bits is None else Measure.NOTHING,
        )

    # --- forms

    def _type(self, given: Type) -> str:
        match given:
            case Void():
                return "void"
            case Scalar():
                return _SAME.get(given.name, given.name)
            case Named():
                found = self._library.find(given.name)
                return self._type(found.type) if isinstance(found, Alias) else given.name
            case Array():
                return f"[{self._type(given.element)}; {given.length}]"
            case Nested():
                return self._nested(given.aggregate)
            case FunctionPointer():
                return self._signature(given.signature)
            case Pointer():
                return f"*{self._pointee(given.pointee)}"

    def _pointee(self, given: Type) -> str:
        """What has no content that anybody but its owner knows, is nothing; bytes are bytes."""
        if isinstance(given, Named):
            found = self._library.find(given.name)
            if isinstance(found, Alias):
                return self._pointee(found.type)
            return "void" if isinstance(found, Opaque) else given.name
        text = self._type(given)
        return "byte" if text in _BYTES else text

    def _nested(self, aggregate: Aggregate) -> str:
        fields = ", ".join(
            f"{self._type(field.type)}{'' if field.bits is None else f':{field.bits}'}"
            f"{'' if field.align is None else f'@{field.align}'}"
            for field in aggregate.fields
        )
        return f"{'union' if aggregate.is_union else 'struct'}{_packing(aggregate)} {{{fields}}}"

    def _signature(self, signature: Signature) -> str:
        given = [f"{_own(each.own)}{self._type(each.type)}" for each in signature.parameters]
        if signature.variadic:
            given.append("...")
        result = signature.result
        returned = "void" if result is None else f"{_own(result.own)}{self._type(result.type)}"
        return f"{signature.convention}({', '.join(given)})->{returned}"


_ENUM_KINDS = {EnumKind.CLOSED: "enum", EnumKind.OPEN: "open", EnumKind.FLAGS: "flags"}


def _made(
    kind: str,
    name: str,
    text: str,
    form: str,
    promised: str,
    owner: str,
    declared: Declaration | Member | object,
    measure: Measure = Measure.NOTHING,
    names: Sequence[str] = (),
) -> Row:
    attributes = getattr(declared, "attributes", Attributes())
    contract = f"{form}|{promised}|{_attributes(attributes, names)}"
    since = attributes.version("since")
    return Row(kind, name, text, fingerprint(form), fingerprint(contract), owner, since, measure)


def _own(own: bool) -> str:
    return "own " if own else ""


def _packing(aggregate: Aggregate) -> str:
    packed = "" if aggregate.packed is None else f" packed({aggregate.packed})"
    return packed + ("" if aggregate.align is None else f" align({aggregate.align})")


def _constant(constant: Constant) -> str:
    value = constant.value
    return f"{constant.type} = {value if isinstance(value, int) else ascii(value)}"


def _shortened(text: str) -> str:
    """People see the beginning of what is long; fingerprints see all of it."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


# --- contracts


def _promises(signature: Signature) -> str:
    """What a signature says beside its form; parameters count by their places."""
    names = _parameter_names(signature)
    parts = [
        _nulls(each.type) + _attributes(each.attributes, names) for each in signature.parameters
    ]
    if signature.result is not None:
        parts.append(
            _nulls(signature.result.type) + _attributes(signature.result.attributes, names)
        )
    return ", ".join(parts)


def _parameter_names(signature: Signature) -> tuple[str, ...]:
    return tuple(each.name or "" for each in signature.parameters)


def _nulls(given: Type) -> str:
    """What may be null or changed in a type, at every depth. ex) ``*const?`` for ``*const u8?``"""
    match given:
        case Pointer():
            mark = "?" if given.nullable else ""
            return f"*{'mut' if given.mutable else 'const'}{mark}{_nulls(given.pointee)}"
        case Array():
            return _nulls(given.element)
        case FunctionPointer():
            return f"fn{'?' if given.nullable else ''}({_promises(given.signature)})"
        case Named():
            return "?" if given.nullable else ""
        case _:
            return ""


def _attributes(attributes: Attributes, names: Sequence[str] = ()) -> str:
    said = (
        f"@{each.name}({', '.join(_argument(argument, names) for argument in each.arguments)})"
        for each in attributes.all
        if each.name not in _SILENT
    )
    return " ".join(sorted(said))


def _argument(argument: ArgumentValue, names: Sequence[str]) -> str:
    match argument:
        case Word():
            return _placed(argument.text, names)
        case Formula():
            return re.sub(r"[A-Za-z_]\w*", lambda found: _placed(found[0], names), argument.text)
        case Text():
            return ascii(argument.text)
        case Number():
            return str(argument.value)
        case Below():
            return f"{argument.operator}{argument.value}"
        case Applied():
            inner = ", ".join(_argument(each, names) for each in argument.arguments)
            return f"{argument.name}({inner})"
        case Version():
            return str(argument)


def _placed(name: str, names: Sequence[str]) -> str:
    return f"#{names.index(name)}" if name in names else name
