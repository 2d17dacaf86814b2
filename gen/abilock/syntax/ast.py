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

from abilock.frozen import frozen
from abilock.moved import moving
from abilock.source import Span


def _span() -> Span:
    return field(compare=False, repr=False)  # type: ignore[no-any-return]  # dataclass idiom


@frozen
class Name:
    """ex) ``FfiStr``"""

    text: str
    span: Span = _span()


# --- expressions and attribute arguments


@frozen
class Integer:
    """ex) ``0x1_00``; ``text`` is kept for the formatter and is what equality compares."""

    text: str
    value: int
    span: Span = _span()


@frozen
class Reference:
    """ex) ``CAPACITY``, ``u64::MAX``"""

    parts: tuple[str, ...]
    span: Span = _span()


@frozen
class Unary:
    """ex) ``-1``, ``~MASK``"""

    operator: str
    operand: Expression
    span: Span = _span()


@frozen
class Binary:
    """ex) ``4 * 2``"""

    operator: str
    left: Expression
    right: Expression
    span: Span = _span()


@frozen
class String:
    """ex) ``"text"``; ``value`` has the escapes resolved."""

    value: str
    span: Span = _span()


@frozen
class VersionLiteral:
    """ex) ``0.6.0``, as written and not yet judged."""

    text: str
    span: Span = _span()


@frozen
class Call:
    """ex) ``until(drop_fn)`` in ``@scope(until(drop_fn))``"""

    name: Name
    arguments: tuple[Argument, ...]
    span: Span = _span()


@frozen
class Comparison:
    """ex) ``< 0`` in ``@fails(< 0)``"""

    operator: str
    operand: Expression
    span: Span = _span()


Expression: TypeAlias = Integer | Reference | Unary | Binary | Call
Argument: TypeAlias = Expression | String | VersionLiteral | Comparison


@frozen
class Attribute:
    """ex) ``@string(ptr, len)``"""

    name: Name
    arguments: tuple[Argument, ...]
    span: Span = _span()


# --- types


@frozen
class NamedType:
    """ex) ``u32``, ``FfiStr``"""

    name: str
    span: Span = _span()


@frozen
class PointerType:
    """ex) ``*const u8``"""

    mutable: bool
    pointee: Type
    span: Span = _span()


@frozen
class NullableType:
    """ex) ``*const u8?``; ``inner`` is what may be null."""

    inner: Type
    span: Span = _span()


@frozen
class ArrayType:
    """ex) ``[u8; 512]``"""

    element: Type
    length: Expression
    span: Span = _span()


@frozen
class FunctionType:
    """ex) ``extern "stdcall" fn(a: i32, ...) -> bool``"""

    convention: String | None
    signature: Signature
    span: Span = _span()


@frozen
class AggregateType:
    """ex) ``struct { x: i32, y: i32 }`` as the type of a member"""

    is_union: bool
    members: tuple[Member, ...]
    span: Span = _span()


Type: TypeAlias = NamedType | PointerType | NullableType | ArrayType | FunctionType | AggregateType


@frozen
class TypeUse:
    """A type where it is used, with what is said of this use.

    ex) ``own *mut Session? @free(close)``
    """

    type: Type
    own: bool
    attributes: tuple[Attribute, ...]
    span: Span = _span()


@frozen
class Decor:
    """What stands before a declaration: its docs, one string per line, and its attributes."""

    docs: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()


@frozen
class Parameter:
    """ex) ``key: *const u8 @len(key_len)``; ``name`` is None in ``fn(*mut void)``."""

    decor: Decor
    name: Name | None
    type: TypeUse
    span: Span = _span()


@frozen
class Signature:
    """ex) ``(a: i32, ...) -> bool``"""

    parameters: tuple[Parameter, ...]
    variadic: bool
    result: TypeUse | None
    span: Span = _span()


# --- members


@frozen
class Field:
    """ex) ``lo: u32 : 3``; ``name`` is ``_`` for padding bits and anonymous members."""

    decor: Decor
    name: Name
    type: TypeUse
    bits: Expression | None
    span: Span = _span()


@frozen
class Slot:
    """ex) ``optional fn put(self: mut, key: u32)``, ``drop fn end(self: own)``

    ``alike`` is its signature, but for the place: a file may have one for all that are written alike, so
    that whoever finds nothing to say of it need not look at it again.
    """

    decor: Decor
    optional: bool
    drop: bool
    convention: String | None
    name: Name
    alike: Signature
    span: Span = _span()

    @property
    def away(self) -> int:
        """How many characters behind ``alike`` the signature stands. Both end where their slots do."""
        return self.span.end - self.alike.span.end

    @property
    def signature(self) -> Signature:
        """The signature in its place."""
        return moving(self.alike)(self.away) if self.away else self.alike


@frozen
class Gap:
    """``...`` in a vtable convention: where a vtable's own members go."""

    span: Span = _span()


Member: TypeAlias = Field | Slot | Gap


@frozen
class EnumValue:
    """ex) ``B = 7``"""

    decor: Decor
    name: Name
    value: Expression | None
    span: Span = _span()


# --- items


@frozen
class Abi:
    """ex) ``abi drasi 0.8.4;``"""

    decor: Decor
    name: Name
    version: VersionLiteral
    span: Span = _span()


@frozen
class Compat:
    """ex) ``compat major.minor;``, ``compat integer(ABI_VERSION);``"""

    decor: Decor
    rule: Reference
    arguments: tuple[Argument, ...]
    span: Span = _span()


@frozen
class Targets:
    """ex) ``targets "x86_64-unknown-linux-gnu";``"""

    decor: Decor
    triples: tuple[String, ...]
    span: Span = _span()


@frozen
class Import:
    """ex) ``import "common.abi";``"""

    decor: Decor
    path: String
    span: Span = _span()


@frozen
class Scheme:
    """ex) ``malloc/free @unix``: ``release`` and ``family`` may be absent."""

    acquire: Name
    release: Name | None
    family: Name | None
    span: Span = _span()


@frozen
class Allocator:
    """ex) ``allocator rust = malloc/free @unix, process_heap @windows;``"""

    decor: Decor
    name: Name
    schemes: tuple[Scheme, ...]
    span: Span = _span()


@frozen
class Alias:
    """ex) ``type Handle = u64;``"""

    decor: Decor
    name: Name
    type: TypeUse
    span: Span = _span()


@frozen
class Constant:
    """ex) ``const N: usize = 4 * 2;``"""

    decor: Decor
    name: Name
    type: NamedType
    value: Expression | String
    span: Span = _span()


@frozen
class Aggregate:
    """ex) ``struct P { a: u8 }``, ``union U { … }``"""

    decor: Decor
    is_union: bool
    name: Name
    members: tuple[Member, ...]
    span: Span = _span()


@frozen
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


@frozen
class EnumDecl:
    """ex) ``open enum O: u16 { K = 1 }``"""

    decor: Decor
    kind: EnumKind
    name: Name
    width: NamedType | None
    values: tuple[EnumValue, ...]
    span: Span = _span()


@frozen
class Callback:
    """ex) ``callback Cb(ctx: *mut void, n: c_int) -> bool;``"""

    decor: Decor
    convention: String | None
    name: Name
    signature: Signature
    span: Span = _span()


@frozen
class VtableDecl:
    """ex) ``vtable SourceVtable: ffi_vtable { … }``, ``vtable convention ffi_vtable { … }``"""

    decor: Decor
    is_convention: bool
    name: Name
    convention: Name | None
    members: tuple[Member, ...]
    span: Span = _span()


@frozen
class EntryFunction:
    """ex) ``entry fn open_plugin(version: u32) -> *const V?;``"""

    decor: Decor
    optional: bool
    convention: String | None
    name: Name
    signature: Signature
    span: Span = _span()


@frozen
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


@frozen
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
