"""One door for names: what an ABI's name is called in each language that is generated.

A description's names are C identifiers. Where a target language reserves one, it is escaped there
and nowhere else, always in the same way: a trailing underscore in C, C++ and Python; ``r#`` in Rust,
or an underscore where Rust allows no raw identifier. The set of C is the union of what C99 to C23
and C++11 to C++23 reserve, since one header serves both, of the macros that compilers predefine, and of
what the standard library defines (:mod:`abilock.model.c_library`).
"""

from __future__ import annotations

import re
from collections.abc import Container
from functools import lru_cache

from abilock.model.c_library import is_c_library_name, is_c_macro

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

#: ISO C 6.4.1, C99 to C17: no C header can use these as names, so no description may.
C_KEYWORDS = frozenset(
    """auto break case char const continue default do double else enum extern float for goto if
    inline int long register restrict return short signed sizeof static struct switch typedef union
    unsigned void volatile while _Alignas _Alignof _Atomic _Bool _Complex _Generic _Imaginary
    _Noreturn _Static_assert _Thread_local""".split()
)

_C23_KEYWORDS = """alignas alignof bool constexpr false nullptr static_assert thread_local true typeof
    typeof_unqual _BitInt _Decimal128 _Decimal32 _Decimal64 asm""".split()

_CPP_KEYWORDS = """and and_eq bitand bitor catch char16_t char32_t char8_t class co_await co_return
    co_yield compl concept consteval constinit const_cast decltype delete dynamic_cast explicit
    export friend mutable namespace new noexcept not not_eq operator or or_eq private protected
    public reinterpret_cast requires static_cast template this throw try typeid typename using
    virtual wchar_t xor xor_eq""".split()

#: Macros that compilers predefine or bring with their systems.
_COMPILER_MACROS = """linux unix i386 arm mips sparc sun hpux vax m68k near far huge pascal cdecl
    stdcall fastcall interface small hyper""".split()

#: Types that a generated header itself uses, as members may have to spell them.
_C_TYPES = """size_t ptrdiff_t max_align_t nullptr_t int8_t int16_t int32_t int64_t uint8_t uint16_t
    uint32_t uint64_t intptr_t uintptr_t intmax_t uintmax_t""".split()

_C_INTEGER_TYPES = re.compile(r"u?int_(least|fast)(8|16|32|64)_t")

#: What compilers have beside the standards: keywords and types of GCC, Clang and MSVC, and the form in
#: which macros are predefined. ex) ``__inline``, ``__attribute__``, ``__x86_64__``
_COMPILER_WORDS = frozenset(
    """__int128 __int128_t __uint128_t __int8 __int16 __int32 __int64 __thread __inline __forceinline __asm
    __restrict __const __volatile __signed __typeof __alignof __auto_type __extension __decltype __cplusplus
    __cdecl __stdcall __fastcall __thiscall __vectorcall __declspec __ptr32 __ptr64 __unaligned __uuidof
    __try __except __finally __leave _Pragma _Float16 _Float32 _Float64 _Float128 _Float32x _Float64x
    _Decimal64x _Fract _Accum _Sat""".split()
)
_COMPILER_FAMILIES = re.compile(
    r"__\w+__|__(builtin|is|has|sync|atomic)_\w+|_MSC_\w+|_WIN\w*|_M_\w+"
)

C_RESERVED = C_KEYWORDS.union(_C23_KEYWORDS, _CPP_KEYWORDS, _COMPILER_MACROS, _C_TYPES)

#: The Rust Reference, "Keywords": strict and reserved, editions 2015 to 2024.
RUST_RESERVED = frozenset(
    """abstract as async await become box break const continue do dyn else enum extern false final fn
    for gen if impl in let loop macro match mod move mut override priv pub ref return static struct
    trait true try type typeof unsafe unsized use virtual where while yield""".split()
)
#: Keywords that cannot be raw identifiers, and ``_``-like names.
_RUST_NEVER_RAW = frozenset("crate self super Self _".split())

#: ``keyword.kwlist`` and soft keywords of CPython 3.9 to 3.14, and names that a module needs itself.
PYTHON_RESERVED = frozenset(
    """False None True and as assert async await break class continue def del elif else except
    finally for from global if import in is lambda nonlocal not or pass raise return try while with
    yield match case type""".split()
)


def c_member(name: str, taken: Container[str] = ()) -> str:
    """A member or parameter; it shares its name with nothing but words and macros, and with what is
    ``taken``: see :func:`taken_names`.

    ex) ``class`` is ``class_`` in a header, ``errno`` is ``errno_``, and ``free`` stays
    """
    spelled = f"{name}_" if _is_c_word(name) else name
    if spelled in taken:
        spelled = f"{spelled}_"
    # A name that stays as it is was looked at.
    is_new = spelled != name
    return f"{spelled}_" if is_new and _COMPILER_FAMILIES.fullmatch(spelled) else spelled


@lru_cache(maxsize=1 << 14)
def _is_c_word(name: str) -> bool:
    return (
        name in C_RESERVED
        or name in _COMPILER_WORDS
        or is_c_macro(name)
        or _COMPILER_FAMILIES.fullmatch(name) is not None
        or _C_INTEGER_TYPES.fullmatch(name) is not None
    )


def c_name(name: str) -> str:
    """What stands at file scope: a type, constant or enumerator; also an entry, which may not change.

    ex) ``class`` is ``class_`` in a header, ``INT_MAX`` is ``INT_MAX_``, ``FILE`` is ``FILE_``
    """
    return f"{name}_" if is_c_library_name(name) else c_member(name)


def rust_name(name: str) -> str:
    """ex) ``type`` is ``r#type`` in a module, ``self`` is ``self_``"""
    if name in _RUST_NEVER_RAW:
        return f"{name}_"
    return f"r#{name}" if name in RUST_RESERVED else name


def python_name(name: str) -> str:
    """ex) ``class`` is ``class_`` in a package; a leading ``__`` would be mangled, so ``x__`` it is;
    what begins with ``_abi_`` is the package's own, so ``abi_x_`` it is"""
    if name.startswith("_abi_"):
        return f"{name[1:]}_"
    if name.startswith("__"):
        name = f"{name.lstrip('_') or 'x'}__"
    return f"{name}_" if name in PYTHON_RESERVED else name


def c_enumerator(enum: str, value: str) -> str:
    """C has one namespace for enumerators, so they carry the enum's name.

    ex) ``FfiChangeOp_Insert``; ``SEEK`` and ``SET`` make ``SEEK_SET_``
    """
    return c_name(f"{enum}_{value}")


def rust_nested(dotted: str) -> str:
    """The helper type that stands for a nested aggregate in Rust.

    ex) ``N.head`` is ``N_head``
    """
    return dotted.replace(".", "_")


def rust_anonymous(index: int) -> str:
    """The field that stands for an anonymous member of a Rust struct, counted from 0."""
    return f"anonymous_{index}"


def rust_marker(align: int) -> str:
    """The empty type that aligns the field behind it. ex) ``AlignTo16``"""
    return f"AlignTo{align}"


def rust_aligner(field: str) -> str:
    """The field of such a type before another one. ex) ``_align_wide``"""
    return f"_align_{field}"


def macro_prefix(abi: str) -> str:
    """ex) ``DRASI`` for the ABI ``drasi``"""
    return abi.upper()


def version_macros(abi: str) -> tuple[str, str, str, str]:
    """What a header defines of its ABI's version: major, minor, patch, and all of it as a string.

    ex) ``SHOP_VERSION_MAJOR``, …, ``SHOP_VERSION``
    """
    name = f"{macro_prefix(abi)}_VERSION"
    return f"{name}_MAJOR", f"{name}_MINOR", f"{name}_PATCH", name


#: Endings of the names that a header has for itself, behind that of the ABI.
_HEADER_ENDINGS = (
    "H PLUGIN EXPORT ALIGN EXTENSION DEPRECATED DEPRECATED_TYPE MUST_USE ASSERT assertion ALIGNED PTR SIZE"
    " OFFSET BEHIND SYSTEM CDECL STDCALL FASTCALL VECTORCALL THISCALL WIN64 SYSV64 AAPCS WITNESS"
    " WITNESS_TARGET WITNESS_SHOWN WITNESS_USED WITNESS_BEGIN WITNESS_END WITNESS_EACH WITNESS_T"
    " WITNESS_M WITNESS_N WITNESS_TEXT_T WITNESS_TEXT_M WITNESS_TEXT_N WITNESS_ROOM"
    " WITNESS_ROWS WITNESS_TEXT WITNESS_ABOUT WITNESS_QUIET WITNESS_LOUD H_WITNESS"
).split()

#: What the symbols of witnesses begin with, so that they are found in a library of whatever ABI.
WITNESS_PREFIX = "abilock_witness_"


def header_names(abi: str) -> tuple[str, ...]:
    """What a header may define or declare for itself, so that no description may.

    ex) ``SHOP_H``, ``SHOP_EXPORT``, …; those of its version are left to descriptions, see
    :func:`version_macros`
    """
    macros = (f"{macro_prefix(abi)}_{ending}" for ending in _HEADER_ENDINGS)
    return (*macros, witness_symbol(abi), f"{witness_symbol(abi)}_record")


def witness_symbol(abi: str) -> str:
    """What the witness of an ABI is exported as. ex) ``abilock_witness_drasi``"""
    return f"{WITNESS_PREFIX}{abi}"


def witness_macro(abi: str) -> str:
    """What a plugin writes to have one. ex) ``DRASI_WITNESS``"""
    return f"{macro_prefix(abi)}_WITNESS"


def witness_rows_macro(abi: str, c_name: str) -> str:
    """The macro with what a witness says of a declaration. ex) ``DRASI_WITNESS_OF_FfiStr``"""
    return f"{macro_prefix(abi)}_WITNESS_OF_{c_name}"
