"""Types as they are meant: names resolved, lengths counted, nothing left to look up but layouts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from abilock.model.decls import Aggregate, Signature


@dataclass(frozen=True, slots=True)
class Void:
    """Nothing: the pointee of ``*mut void``, or the result of a function without one."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A built-in scalar under the language's own name.

    ex) ``Scalar("u32")``, ``Scalar("c_long")``, ``Scalar("bool")``
    """

    name: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """ex) ``*const u8?`` is ``Pointer(Scalar("u8"), mutable=False, nullable=True)``"""

    pointee: Type
    mutable: bool
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Array:
    """ex) ``[u8; 512]``; ``length`` is in elements and at least 1."""

    element: Type
    length: int


@dataclass(frozen=True, slots=True)
class Named:
    """A declared struct, union, vtable, enum, opaque type, callback or alias.

    ``nullable`` is only ever set on a callback, or on an alias of something that may be null.
    """

    name: str
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class FunctionPointer:
    """ex) ``(fn(x: u8) -> u8)?``"""

    signature: Signature
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Nested:
    """A struct or union that is written out as the type of a member."""

    aggregate: Aggregate


Type: TypeAlias = Void | Scalar | Pointer | Array | Named | FunctionPointer | Nested

SIGNED_SCALARS = frozenset(
    "i8 i16 i32 i64 isize c_schar c_short c_int c_long c_longlong ptrdiff_t".split()
)
UNSIGNED_SCALARS = frozenset(
    "u8 u16 u32 u64 usize c_uchar c_ushort c_uint c_ulong c_ulonglong size_t".split()
)
FLOAT_SCALARS = frozenset("f32 f64 c_float c_double".split())
#: Integers whose sign the target decides.
PLATFORM_SIGNED_SCALARS = frozenset({"c_char", "wchar_t"})
INTEGER_SCALARS = SIGNED_SCALARS | UNSIGNED_SCALARS | PLATFORM_SIGNED_SCALARS
SCALARS = INTEGER_SCALARS | FLOAT_SCALARS | {"bool"}

#: Bits of an integer scalar on the target where it is widest.
WIDEST_BITS = {
    "i8": 8, "u8": 8, "c_char": 8, "c_schar": 8, "c_uchar": 8,
    "i16": 16, "u16": 16, "c_short": 16, "c_ushort": 16,
    "i32": 32, "u32": 32, "c_int": 32, "c_uint": 32, "wchar_t": 32,
    "i64": 64, "u64": 64, "isize": 64, "usize": 64, "c_long": 64, "c_ulong": 64,
    "c_longlong": 64, "c_ulonglong": 64, "size_t": 64, "ptrdiff_t": 64,
}  # fmt: skip
#: Bits on the target where it is narrowest, where that differs.
NARROWEST_BITS = WIDEST_BITS | {
    "isize": 32, "usize": 32, "c_long": 32, "c_ulong": 32, "size_t": 32, "ptrdiff_t": 32,
    "wchar_t": 16,
}  # fmt: skip
