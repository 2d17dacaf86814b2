"""The macros that a header needs for what no C standard says alike on every compiler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from abilock.model.decls import (
    Alias,
    Callback,
    Constant,
    Declaration,
    EntryFunction,
    EntryStatic,
    Library,
    Member,
    Vtable,
    members_of,
)
from abilock.model.mentions import mentioned_types
from abilock.model.naming import macro_prefix
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    FunctionPointer,
    Named,
    Nested,
    Scalar,
    Signature,
    Type,
)
from abilock.model.walks import signatures
from abilock.outputs.c_declarations import CNaming

_MSVC_X86 = "defined(_MSC_VER) && defined(_M_IX86)"
_WINDOWS_X86 = "defined(_WIN32) && (defined(__i386__) || defined(__x86_64__))"


def _x86(name: str) -> tuple[tuple[str, str], ...]:
    return ((_MSVC_X86, f"__{name}"), ("defined(__i386__)", f"__attribute__(({name}))"))


#: Conditions and spellings of each calling convention; where none holds, it means C's own.
CONVENTIONS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "system": (
        (_MSVC_X86, "__stdcall"),
        ("defined(_WIN32) && defined(__i386__)", "__attribute__((stdcall))"),
    ),
    "cdecl": _x86("cdecl"),
    "stdcall": _x86("stdcall"),
    "fastcall": _x86("fastcall"),
    "thiscall": _x86("thiscall"),
    "vectorcall": (
        ("defined(_MSC_VER) && (defined(_M_IX86) || defined(_M_X64))", "__vectorcall"),
        (f"defined(__clang__) && {_WINDOWS_X86}", "__attribute__((vectorcall))"),
    ),
    "win64": (("defined(__x86_64__) && !defined(_WIN32)", "__attribute__((ms_abi))"),),
    "sysv64": (("defined(__x86_64__) && defined(_WIN32)", "__attribute__((sysv_abi))"),),
    "aapcs": (("defined(__arm__)", '__attribute__((pcs("aapcs")))'),),
}

#: A convention that gcc, if it is pedantic, wants on methods of C++ only.
_PEDANTIC_CONVENTION = "thiscall"

#: Types of bit-fields that C has in every version; compilers call the others extensions.
_STANDARD_BIT_FIELDS = frozenset({"bool", "i32", "u32", "c_int", "c_uint"})


@dataclass(frozen=True, slots=True)
class Clause:
    """ex) ``#if defined(__i386__)`` and ``__attribute__((stdcall))``"""

    directive: str
    spelling: str


@dataclass(frozen=True, slots=True)
class ConventionView:
    """ex) ``DRASI_STDCALL``"""

    macro: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class MacrosView:
    """Which macros the header defines; it takes back the ones that nobody else needs.

    ``quiets_…``: of what the header's own declarations would be warned.
    """

    prefix: str
    has_align: bool
    has_extension: bool
    has_deprecated: bool
    has_deprecated_type: bool
    quiets: bool
    quiets_deprecated: bool
    quiets_packed: bool
    has_must_use: bool
    has_entries: bool
    conventions: tuple[ConventionView, ...]


def header_naming(library: Library) -> CNaming:
    """How a header spells the library's names."""
    prefix = macro_prefix(library.name)
    return CNaming.of(library, {name: f"{prefix}_{name.upper()}" for name in CONVENTIONS})


def macros(library: Library) -> MacrosView:
    """The macros that the library's header uses."""
    members = tuple(_all_members(library))
    fields = tuple(member for member in members if isinstance(member, Field))
    entries = [
        declaration
        for declaration in library.declared
        if isinstance(declaration, (EntryFunction, EntryStatic))
    ]
    deprecated_member = any(member.attributes.has("deprecated") for member in members)
    deprecated_type = any(is_deprecated_type(each) for each in library.declared)
    quiets_deprecated = deprecated_member or deprecated_type or _uses_deprecated(library)
    quiets_packed = any(_packs_aligned(each, library) for each in library.declared)
    prefix = macro_prefix(library.name)
    return MacrosView(
        prefix=prefix,
        has_align=any(field.align for field in fields) or _has_aligned_aggregate(library),
        has_extension=any(is_extension(member) for member in members)
        or any(is_extension_item(each) for each in library.declared),
        has_deprecated=deprecated_member
        or deprecated_type
        or any(entry.attributes.has("deprecated") for entry in entries),
        has_deprecated_type=deprecated_type,
        quiets=quiets_deprecated or quiets_packed,
        quiets_deprecated=quiets_deprecated,
        quiets_packed=quiets_packed,
        has_must_use=any(
            isinstance(entry, EntryFunction) and is_must_use(entry) for entry in entries
        ),
        has_entries=bool(entries),
        conventions=tuple(_convention(prefix, name) for name in _used_conventions(library)),
    )


def is_extension(member: Member) -> bool:
    """Whether a pedantic compiler calls this member an extension of its own."""
    if not isinstance(member, Field):
        return _is_pedantic(mentioned_types(Callback(member.name, member.signature)))
    if member.bits is not None:
        return not (isinstance(member.type, Scalar) and member.type.name in _STANDARD_BIT_FIELDS)
    inner = member.type
    if isinstance(inner, Nested) and (member.name is None or _is_nameless(inner.aggregate)):
        return True
    return _is_pedantic(mentioned_types(Alias("", inner)))


def is_extension_item(declaration: Declaration) -> bool:
    """As ``is_extension``, for what stands at file scope. Members speak for themselves."""
    match declaration:
        case Aggregate():
            return _is_nameless(declaration)
        case Alias() | Callback() | EntryFunction() | EntryStatic():
            return _is_pedantic(mentioned_types(declaration))
        case _:
            return False


def is_deprecated_type(declaration: Declaration) -> bool:
    is_type = not isinstance(declaration, (Constant, EntryFunction, EntryStatic))
    return is_type and declaration.attributes.has("deprecated")


def _uses_deprecated(library: Library) -> bool:
    """Whether a declaration names a type that is deprecated in an imported header."""
    return any(
        isinstance(type_, Named) and is_deprecated_type(library.find(type_.name))
        for declaration in library.declared
        for type_ in mentioned_types(declaration)
    )


def _is_nameless(aggregate: Aggregate) -> bool:
    """A struct of anonymous members only, in C99."""
    return all(field.name is None for field in aggregate.fields)


def _is_pedantic(types: Iterator[Type]) -> bool:
    return any(
        isinstance(each, FunctionPointer) and each.signature.convention == _PEDANTIC_CONVENTION
        for each in types
    )


def _packs_aligned(declaration: Declaration, library: Library) -> bool:
    """Whether gcc warns that packing takes the alignment from something that asks for one."""
    if not isinstance(declaration, Aggregate) or declaration.packed is None:
        return False
    return any(_is_aligned(field.type, library) for field in declaration.fields)


def _is_aligned(type_: Type, library: Library) -> bool:
    match type_:
        case Array():
            return _is_aligned(type_.element, library)
        case Nested():
            return _asks_alignment(type_.aggregate, library)
        case Named():
            found = library.find(type_.name)
            if isinstance(found, Alias):
                return _is_aligned(found.type, library)
            return isinstance(found, (Aggregate, Vtable)) and _asks_alignment(found, library)
        case _:
            return False


def _asks_alignment(whole: Aggregate | Vtable, library: Library) -> bool:
    if isinstance(whole, Aggregate) and whole.align is not None:
        return True
    members = whole.fields if isinstance(whole, Aggregate) else whole.members
    return any(
        isinstance(member, Field)
        and (member.align is not None or _is_aligned(member.type, library))
        for member in members
    )


def is_must_use(entry: EntryFunction) -> bool:
    return entry.attributes.has("must_use") and entry.signature.result is not None


def _all_members(library: Library) -> Iterator[Member]:
    """Every field and slot, those of nested aggregates included."""
    for declaration in library.declared:
        yield from members_of(declaration)
        for type_ in mentioned_types(declaration):
            if isinstance(type_, Nested):
                yield from type_.aggregate.fields


def _has_aligned_aggregate(library: Library) -> bool:
    for declaration in library.declared:
        if isinstance(declaration, Aggregate) and declaration.align:
            return True
        if any(
            isinstance(type_, Nested) and type_.aggregate.align
            for type_ in mentioned_types(declaration)
        ):
            return True
    return False


def _used_conventions(library: Library) -> tuple[str, ...]:
    used = {signature.convention for signature in _signatures(library)}
    return tuple(name for name in CONVENTIONS if name in used)


def _signatures(library: Library) -> Iterator[Signature]:
    for declaration in library.declared:
        yield from signatures(declaration)
        for type_ in mentioned_types(declaration):
            if isinstance(type_, FunctionPointer):
                yield type_.signature


def _convention(prefix: str, name: str) -> ConventionView:
    words = ["#if", *["#elif"] * (len(CONVENTIONS[name]) - 1)]
    clauses = zip(words, CONVENTIONS[name], strict=True)
    return ConventionView(
        f"{prefix}_{name.upper()}",
        tuple(Clause(f"{word} {condition}", spelling) for word, (condition, spelling) in clauses),
    )
