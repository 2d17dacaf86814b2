"""The syntax tree: what was written, as it was written.

Guarantee: a :class:`File` is grammatical. Nothing else is known: names may be unknown, numbers out
of range, attributes misused. Every node has a span; spans and comments do not take part in equality,
so two files that differ in layout only are equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from abilock.source import Span


def _span() -> Span:
    return field(compare=False, repr=False)  # type: ignore[no-any-return]  # dataclass idiom


@dataclass(frozen=True, slots=True)
class Name:
    """ex) ``FfiStr``"""

    text: str
    span: Span = _span()


# --- expressions and attribute arguments


@dataclass(frozen=True, slots=True)
class Integer:
    """ex) ``0x1_00``; ``text`` is kept for the formatter and is what equality compares."""

    text: str
    value: int
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Reference:
    """ex) ``CAPACITY``, ``u64::MAX``"""

    parts: tuple[str, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Unary:
    """ex) ``-1``, ``~MASK``"""

    operator: str
    operand: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Binary:
    """ex) ``4 * 2``"""

    operator: str
    left: Expression
    right: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class String:
    """ex) ``"text"``; ``value`` has the escapes resolved."""

    value: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class VersionLiteral:
    """ex) ``0.6.0``, as written and not yet judged."""

    text: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Call:
    """ex) ``until(drop_fn)`` in ``@scope(until(drop_fn))``"""

    name: Name
    arguments: tuple[Argument, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Comparison:
    """ex) ``< 0`` in ``@fails(< 0)``"""

    operator: str
    operand: Expression
    span: Span = _span()


Expression: TypeAlias = Integer | Reference | Unary | Binary | Call
Argument: TypeAlias = Expression | String | VersionLiteral | Comparison


@dataclass(frozen=True, slots=True)
class Attribute:
    """ex) ``@string(ptr, len)``"""

    name: Name
    arguments: tuple[Argument, ...]
    span: Span = _span()


# --- types


@dataclass(frozen=True, slots=True)
class NamedType:
    """ex) ``u32``, ``FfiStr``"""

    name: str
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class PointerType:
    """ex) ``*const u8``"""

    mutable: bool
    pointee: Type
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class NullableType:
    """ex) ``*const u8?``; ``inner`` is what may be null."""

    inner: Type
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class ArrayType:
    """ex) ``[u8; 512]``"""

    element: Type
    length: Expression
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class FunctionType:
    """ex) ``extern "stdcall" fn(a: i32, ...) -> bool``"""

    convention: String | None
    signature: Signature
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class AggregateType:
    """ex) ``struct { x: i32, y: i32 }`` as the type of a member"""

    is_union: bool
    members: tuple[Member, ...]
    span: Span = _span()


Type: TypeAlias = NamedType | PointerType | NullableType | ArrayType | FunctionType | AggregateType


@dataclass(frozen=True, slots=True)
class TypeUse:
    """A type where it is used, with what is said of this use.

    ex) ``own *mut Session? @free(close)``
    """

    type: Type
    own: bool
    attributes: tuple[Attribute, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Decor:
    """What stands before a declaration: its docs, one string per line, and its attributes."""

    docs: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """ex) ``key: *const u8 @len(key_len)``; ``name`` is None in ``fn(*mut void)``."""

    decor: Decor
    name: Name | None
    type: TypeUse
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Signature:
    """ex) ``(a: i32, ...) -> bool``"""

    parameters: tuple[Parameter, ...]
    variadic: bool
    result: TypeUse | None
    span: Span = _span()


# --- members


@dataclass(frozen=True, slots=True)
class Field:
    """ex) ``lo: u32 : 3``; ``name`` is ``_`` for padding bits and anonymous members."""

    decor: Decor
    name: Name
    type: TypeUse
    bits: Expression | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Slot:
    """ex) ``optional fn put(self: mut, key: u32)``, ``drop fn end(self: own)``"""

    decor: Decor
    optional: bool
    drop: bool
    convention: String | None
    name: Name
    signature: Signature
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Gap:
    """``...`` in a vtable convention: where a vtable's own members go."""

    span: Span = _span()


Member: TypeAlias = Field | Slot | Gap


@dataclass(frozen=True, slots=True)
class EnumValue:
    """ex) ``B = 7``"""

    decor: Decor
    name: Name
    value: Expression | None
    span: Span = _span()


# --- items


@dataclass(frozen=True, slots=True)
class Abi:
    """ex) ``abi drasi 0.8.4;``"""

    decor: Decor
    name: Name
    version: VersionLiteral
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Compat:
    """ex) ``compat major.minor;``, ``compat integer(ABI_VERSION);``"""

    decor: Decor
    rule: Reference
    arguments: tuple[Argument, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Targets:
    """ex) ``targets "x86_64-unknown-linux-gnu";``"""

    decor: Decor
    triples: tuple[String, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Import:
    """ex) ``import "common.abi";``"""

    decor: Decor
    path: String
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Scheme:
    """ex) ``malloc/free @unix``: ``release`` and ``family`` may be absent."""

    acquire: Name
    release: Name | None
    family: Name | None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Allocator:
    """ex) ``allocator rust = malloc/free @unix, process_heap @windows;``"""

    decor: Decor
    name: Name
    schemes: tuple[Scheme, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Alias:
    """ex) ``type Handle = u64;``"""

    decor: Decor
    name: Name
    type: TypeUse
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Constant:
    """ex) ``const N: usize = 4 * 2;``"""

    decor: Decor
    name: Name
    type: NamedType
    value: Expression | String
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Aggregate:
    """ex) ``struct P { a: u8 }``, ``union U { … }``"""

    decor: Decor
    is_union: bool
    name: Name
    members: tuple[Member, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Opaque:
    """ex) ``opaque Session;``"""

    decor: Decor
    name: Name
    span: Span = _span()


class EnumKind(Enum):
    """How an enum is introduced."""

    CLOSED = "enum"
    OPEN = "open enum"
    FLAGS = "flags"


@dataclass(frozen=True, slots=True)
class EnumDecl:
    """ex) ``open enum O: u16 { K = 1 }``"""

    decor: Decor
    kind: EnumKind
    name: Name
    width: NamedType | None
    values: tuple[EnumValue, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Callback:
    """ex) ``callback Cb(ctx: *mut void, n: c_int) -> bool;``"""

    decor: Decor
    convention: String | None
    name: Name
    signature: Signature
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class VtableDecl:
    """ex) ``vtable SourceVtable: ffi_vtable { … }``, ``vtable convention ffi_vtable { … }``"""

    decor: Decor
    is_convention: bool
    name: Name
    convention: Name | None
    members: tuple[Member, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class EntryFunction:
    """ex) ``entry fn open_plugin(version: u32) -> *const V?;``"""

    decor: Decor
    optional: bool
    convention: String | None
    name: Name
    signature: Signature
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class EntryStatic:
    """ex) ``entry static const plugin_version: u32;``"""

    decor: Decor
    optional: bool
    const: bool
    name: Name
    type: TypeUse
    span: Span = _span()


Item: TypeAlias = (
    Abi
    | Compat
    | Targets
    | Import
    | Allocator
    | Alias
    | Constant
    | Aggregate
    | Opaque
    | EnumDecl
    | Callback
    | VtableDecl
    | EntryFunction
    | EntryStatic
)


@dataclass(frozen=True, slots=True)
class Comment:
    """A ``//`` or ``/* */`` comment, kept for the formatter."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class File:
    """One parsed file. ``docs`` are its ``//!`` lines; ``broken`` the names of what was left out or
    could not be read, which was reported, so that nobody complains of their absence as well;
    ``incomplete`` the items that lack members for that reason, with the words of those."""

    path: str
    docs: tuple[str, ...]
    items: tuple[Item, ...]
    comments: tuple[Comment, ...] = field(default=(), compare=False, repr=False)
    broken: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    incomplete: Mapping[str, frozenset[str]] = field(
        default_factory=dict, compare=False, repr=False
    )
