"""The scalars of the language, and how wide they are."""

from __future__ import annotations

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
