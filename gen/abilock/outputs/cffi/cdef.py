"""C text that cffi's parser reads: it knows no attributes, pragmas or assertions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from abilock.layout.shapes import AggregateLayout, MemberLayout
from abilock.model.c_names import declared_c_name, has_macros, taken_names
from abilock.model.decls import (
    Alias,
    Callback,
    Constant,
    Declaration,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    Library,
    Member,
    Opaque,
    Vtable,
    members_of,
)
from abilock.model.naming import c_enumerator, c_name
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    FunctionPointer,
    Named,
    Nested,
    Pointer,
    Signature,
    Type,
    Void,
)
from abilock.outputs.c_declarations import (
    C_SCALARS,
    CNaming,
    base_text,
    declare,
    prototype_lines,
    take_apart,
)
from abilock.outputs.cffi.bit_fields import can_place_bits
from abilock.outputs.spec import Layouts

_NO_WRAP = 1 << 30


@dataclass(frozen=True, slots=True)
class Part:
    """Declarations that share a packing; 0 is none."""

    pack: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cdef:
    """``unsupported``: types that cffi cannot lay out as the targets do; they are opaque to it.
    ``unaligned``: types laid out with their padding spelled out, so cffi takes them for packed."""

    parts: tuple[Part, ...]
    unsupported: tuple[str, ...]
    unaligned: tuple[str, ...]


def cdef(library: Library, layouts: Layouts) -> Cdef:
    """The declarations, in parts of one packing each."""
    unaligned, unsupported = _odd_types(library, layouts)
    writer = _Writer(library, layouts, cffi_naming(library), unsupported)
    texts = [(0, tuple(writer.forwards()))]
    for declaration in library.declarations:
        if declaration.name not in unsupported:
            texts.append(writer.lines(declaration, declaration.name in unaligned))
    return Cdef(_parts(texts), tuple(sorted(unsupported)), tuple(sorted(unaligned)))


def _parts(texts: Iterable[tuple[int, tuple[str, ...]]]) -> tuple[Part, ...]:
    """Texts of one packing each, put together with their neighbours."""
    written = (each for each in texts if each[1])
    return tuple(
        Part(pack, tuple(line for _, lines in group for line in lines))
        for pack, group in groupby(written, key=itemgetter(0))
    )


def _odd_types(library: Library, layouts: Layouts) -> tuple[frozenset[str], frozenset[str]]:
    """Types with an alignment of their own, or that hold one: those whose padding can be spelled
    out, and the others. Of the others is as well what cffi cannot be told in the compiled mode."""
    unaligned: set[str] = set()
    unsupported: set[str] = set()
    asked = _asked_for(library)
    for declaration in library.declarations:
        held = set(_held(declaration))
        if held & unsupported or not _can_tell(declaration, asked, library, layouts):
            unsupported.add(declaration.name)
        elif held & unaligned or (
            isinstance(declaration, Aggregate) and _is_special(declaration, declaration.packed)
        ):
            is_alias = isinstance(declaration, Alias)
            spelled = is_alias or _can_spell_out(declaration.name, layouts)
            (unaligned if spelled else unsupported).add(declaration.name)
    aliases = {each.name for each in library.declarations if isinstance(each, Alias)}
    return frozenset(unaligned - aliases), frozenset(unsupported)


def _can_spell_out(name: str, layouts: Layouts) -> bool:
    """Only where all targets agree, as the text is for all of them; and without bit-fields."""
    shapes = [layout.types[name] for layout in layouts]
    first = shapes[0]
    return all(shape == first for shape in shapes) and not (
        isinstance(first, AggregateLayout)
        and any(field.bit_offset is not None for field in first.flat_fields())
    )


def cffi_naming(library: Library) -> CNaming:
    """cffi knows one convention besides C's, and knows that 32-bit Windows alone has it."""
    conventions = {"stdcall": "__stdcall", "system": "__stdcall"}
    return CNaming(taken_names(library), conventions, parenthesised=False)


@dataclass(frozen=True, slots=True)
class _Writer:
    library: Library
    layouts: Layouts
    naming: CNaming
    unsupported: frozenset[str]

    def forwards(self) -> Iterator[str]:
        for declaration in self.library.declarations:
            if isinstance(declaration, (Aggregate, Vtable, Opaque)):
                is_union = isinstance(declaration, Aggregate) and declaration.is_union
                name = c_name(declaration.name)
                yield f"typedef {'union' if is_union else 'struct'} {name} {name};"

    def lines(self, declaration: Declaration, spelled_out: bool) -> tuple[int, tuple[str, ...]]:
        """The packing and text of a declaration."""
        match declaration:
            case Aggregate():
                keyword = "union" if declaration.is_union else "struct"
                if spelled_out:
                    shape = self.layouts[0].types[declaration.name]
                    assert isinstance(shape, AggregateLayout)
                    body = tuple(self._padded(declaration.fields, shape))
                    return 1, (f"{keyword} {c_name(declaration.name)} {{", *body, "};")
                body = tuple(line for field in declaration.fields for line in self._field(field))
                pack = declaration.packed or 0
                return pack, (f"{keyword} {c_name(declaration.name)} {{", *body, "};")
            case Vtable():
                return 0, tuple(self._vtable(declaration))
            case EnumDecl():
                return 0, tuple(_enum(declaration))
            case Alias():
                text = declare(declaration.type, c_name(declaration.name), self.naming)
                return 0, (f"typedef {text};",)
            case Callback():
                pointer = self._function_pointer(declaration.signature)
                return 0, (f"typedef {declare(pointer, c_name(declaration.name), self.naming)};",)
            case EntryFunction():
                if self._passes_unsupported(declaration.signature):
                    return 0, ()
                name = declared_c_name(declaration)
                (line,) = prototype_lines(declaration.signature, name, self.naming, _NO_WRAP)
                return 0, (f"{line};",)
            case EntryStatic():
                # Without `const`: a constant has no address for cffi, which reads it by none.
                text = declare(declaration.type, declared_c_name(declaration), self.naming)
                return 0, (f"extern {text};",)
            case Opaque() | Constant():
                return 0, ()

    def _function_pointer(self, signature: Signature) -> Type:
        """An address that cannot be called where cffi does not know what is passed by value."""
        if self._passes_unsupported(signature):
            return Pointer(Void(), mutable=True)
        return FunctionPointer(signature)

    def _passes_unsupported(self, signature: Signature) -> bool:
        passed = [parameter.type for parameter in signature.parameters]
        if signature.result is not None:
            passed.append(signature.result.type)
        return any(name in self.unsupported for type_ in passed for name in _held_types(type_))

    def _vtable(self, vtable: Vtable) -> Iterator[str]:
        yield f"struct {c_name(vtable.name)} {{"
        for member in vtable.members:
            if isinstance(member, Field):
                yield from self._field(member)
            else:
                name = self.naming.member(member.name)
                pointer = self._function_pointer(member.signature)
                yield f"    {declare(pointer, name, self.naming)};"
        yield "};"

    def _field(self, field: Field) -> Iterator[str]:
        name = self.naming.member(field.name) if field.name else ""
        parts = take_apart(field.type, name, self.naming)
        bits = "" if field.bits is None else f" : {field.bits}"
        if isinstance(parts.base, Nested):
            yield f"    {base_text(parts, self.naming)} {{"
            for inner in parts.base.aggregate.fields:
                yield from (f"    {line}" for line in self._field(inner))
            yield f"    }} {parts.text};"
        elif isinstance(field.type, FunctionPointer):
            pointer = self._function_pointer(field.type.signature)
            yield f"    {declare(pointer, name, self.naming)};"
        else:
            yield f"    {declare(field.type, name, self.naming)}{bits};"

    def _padded(self, fields: tuple[Field, ...], shape: AggregateLayout) -> Iterator[str]:
        """ex) ``char _abi_pad4[12];`` between members of a struct that cffi takes for packed"""
        is_union = shape.kind == "union"
        holes = shape.holes()
        before = {hole.offset + hole.size: hole for hole in holes if not hole.tail}
        for field, member in zip(fields, shape.members, strict=True):
            hole = None if is_union else before.get(member.offset)
            if hole is not None:
                yield _padding(hole.offset, hole.size)
            yield from self._padded_field(field, member)
        for hole in holes:
            if hole.tail:
                # The members of a union overlap, so its size needs a member that is as large.
                yield _padding(hole.offset, shape.size if is_union else hole.size)

    def _padded_field(self, field: Field, member: MemberLayout) -> Iterator[str]:
        name = self.naming.member(field.name) if field.name else ""
        parts = take_apart(field.type, name, self.naming)
        if isinstance(parts.base, Nested) and member.nested is not None:
            yield f"    {base_text(parts, self.naming)} {{"
            inner = self._padded(parts.base.aggregate.fields, member.nested)
            yield from (f"    {line}" for line in inner)
            yield f"    }} {parts.text};"
        else:
            yield from self._field(field)


def _padding(offset: int, size: int) -> str:
    return f"    char _abi_pad{offset}[{size}];"


def _enum(enum: EnumDecl) -> Iterator[str]:
    name = c_name(enum.name)
    if has_macros(enum) or not enum.values:
        yield f"typedef {C_SCALARS[enum.underlying]} {name};"
        return
    yield f"typedef enum {name} {{"
    yield from (f"    {c_enumerator(enum.name, each.name)} = {each.value}," for each in enum.values)
    yield f"}} {name};"


def _is_special(aggregate: Aggregate, packed: int | None) -> bool:
    if aggregate.align is not None or aggregate.packed != packed:
        return True
    return any(
        field.align is not None
        or (
            isinstance(inner := _element(field.type), Nested)
            and _is_special(inner.aggregate, packed)
        )
        for field in aggregate.fields
    )


def _element(type_: Type) -> Type:
    return _element(type_.element) if isinstance(type_, Array) else type_


def _held(declaration: Declaration) -> Iterator[str]:
    """Names of what it contains by value."""
    match declaration:
        case Aggregate():
            for field in declaration.fields:
                yield from _held_types(field.type)
        case Vtable():
            for member in declaration.members:
                if isinstance(member, Field):
                    yield from _held_types(member.type)
        case Alias() | EntryStatic():
            yield from _held_types(declaration.type)
        case _:
            return


def _held_types(type_: Type) -> Iterator[str]:
    match _element(type_):
        case Named(name=name):
            yield name
        case Nested(aggregate=aggregate):
            yield from _held(aggregate)
        case _:
            return


def native_cdef(library: Library, layouts: Layouts) -> tuple[Part, ...]:
    """The declarations for a compiled module, where the C compiler fills in what cffi cannot know.

    Entries are left out: they are found at run time.
    """
    asked = _asked_for(library)
    opaque: set[str] = set()
    for each in library.declarations:
        if set(_held(each)) & opaque or not _can_tell(each, asked, library, layouts):
            opaque.add(each.name)
    exact = {name for each, names in asked.items() if each not in opaque for name in names}
    writer = _Writer(library, layouts, cffi_naming(library), frozenset(opaque))
    texts = [(0, tuple(writer.forwards()))]
    for declaration in library.declarations:
        if isinstance(declaration, EntryFunction | EntryStatic) or declaration.name in opaque:
            continue
        pack, text = writer.lines(declaration, False)
        if isinstance(declaration, Aggregate | Vtable) and declaration.name not in exact:
            pack, text = 0, (*text[:-1], "    ...;", text[-1])
        texts.append((pack, text))
    return _parts(texts)


def _asked_for(library: Library) -> dict[str, frozenset[str]]:
    """For each type, those of which cffi has to know every byte by itself to read it, also where a compiler
    could tell: types with bit-fields, and those inside of what is written out in another."""
    held = {each.name: frozenset(_held(each)) for each in library.declarations}
    inside = dict(held)
    for each in library.declarations:
        inside[each.name] = held[each.name].union(*(inside[name] for name in held[each.name]))
    asked: dict[str, frozenset[str]] = {}
    for each in library.declarations:
        fields = members_of(each)
        if isinstance(each, Aggregate) and _has_bits(each):
            asked[each.name] = inside[each.name] | {each.name}
            continue
        nested = {
            name
            for field in fields
            if isinstance(field, Field) and isinstance(_element(field.type), Nested)
            for name in _held_types(field.type)
        }
        asked[each.name] = frozenset(nested).union(*(inside[name] for name in nested))
    return asked


def _can_tell(
    declaration: Declaration,
    asked: Mapping[str, frozenset[str]],
    library: Library,
    layouts: Layouts,
) -> bool:
    """Whether cffi lays those out as compilers do; and compiled, it miscounts what has no name in what is
    written out under one."""
    fields = members_of(declaration)
    if not can_place_bits(declaration, library, layouts) or any(map(_is_miscounted, fields)):
        return False
    found = (library.find(name) for name in asked[declaration.name])
    return not any(
        isinstance(each, Aggregate) and ((each.packed or 1) > 1 or _is_special(each, each.packed))
        for each in found
    )


def _is_miscounted(member: Member) -> bool:
    inner = _element(member.type) if isinstance(member, Field) and member.name else None
    return isinstance(inner, Nested) and any(
        (field.name is None and field.bits is None) or _is_miscounted(field)
        for field in inner.aggregate.fields
    )


def _has_bits(aggregate: Aggregate) -> bool:
    return any(
        field.bits is not None
        or (isinstance(inner := _element(field.type), Nested) and _has_bits(inner.aggregate))
        for field in aggregate.fields
    )
