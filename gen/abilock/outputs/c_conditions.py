"""Preprocessor conditions: which targets a piece of C text is for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from abilock.layout.target import Target
from abilock.outputs.conditions import (
    ALWAYS,
    APPLE,
    ARCHES,
    BIG_ENDIAN,
    BITS_32,
    BITS_64,
    LINUX,
    MSVC,
    WINDOWS,
    AllOf,
    AnyOf,
    Expression,
    Fact,
    Not,
    candidates,
    simplest,
    targets_in,
    where,
)
from abilock.outputs.data_models import apart

_WINDOWS_64 = Fact("64-bit windows", where(AllOf((WINDOWS, BITS_64))))
_MINGW_64 = Fact("64-bit windows, but msvc", where(AllOf((_WINDOWS_64, Not(MSVC)))))
#: Architectures as Microsoft's compiler knows them; the macros of others it does not have.
_MSVC_ARCHES = {
    name: Fact(f"{name} of msvc", where(AllOf((MSVC, ARCHES[name]))))
    for name in ("x86_64", "aarch64", "x86")
}

#: What a compiler predefines. A macro that not every compiler of a target has, or that headers of
#: one define, is only asked for beside one that leaves those targets out.
FACTS: Mapping[Fact, str] = {
    BITS_64: "UINTPTR_MAX > 0xffffffffu",
    BITS_32: "UINTPTR_MAX <= 0xffffffffu",
    WINDOWS: "defined(_WIN32)",
    _WINDOWS_64: "defined(_WIN64)",
    _MINGW_64: "defined(__MINGW64__)",
    MSVC: "defined(_MSC_VER)",
    APPLE: "defined(__APPLE__)",
    LINUX: "defined(__linux__)",
    # Microsoft's compiler has neither macro: nothing would be equal to nothing.
    BIG_ENDIAN: "defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__",
    ARCHES["x86_64"]: "defined(__x86_64__)",
    ARCHES["aarch64"]: "defined(__aarch64__)",
    ARCHES["x86"]: "defined(__i386__)",
    ARCHES["arm"]: "defined(__arm__)",
    ARCHES["riscv64"]: "defined(__riscv)",
    ARCHES["s390x"]: "defined(__s390x__)",
    ARCHES["powerpc64"]: "defined(__powerpc64__)",
    ARCHES["wasm32"]: "defined(__wasm32__)",
    _MSVC_ARCHES["x86_64"]: "defined(_M_X64)",
    _MSVC_ARCHES["aarch64"]: "defined(_M_ARM64)",
    _MSVC_ARCHES["x86"]: "defined(_M_IX86)",
}

_UNIX = Not(WINDOWS)
#: The one data model whose 64-bit members are aligned to 4.
I386 = AllOf((ARCHES["x86"], _UNIX))
#: Whose bit-fields without a name take part in alignment.
AAPCS = AllOf((AnyOf((ARCHES["arm"], ARCHES["aarch64"])), Not(APPLE), _UNIX))

#: The simplest first.
CANDIDATES = candidates(
    [
        ALWAYS,
        BITS_64,
        BITS_32,
        WINDOWS,
        _UNIX,
        I386,
        Not(I386),
        AllOf((BITS_32, Not(I386))),
        _WINDOWS_64,
        AllOf((BITS_64, _UNIX)),
        AllOf((BITS_32, WINDOWS)),
        AllOf((BITS_32, _UNIX)),
        AllOf((BITS_32, _UNIX, Not(ARCHES["x86"]))),
        AAPCS,
        AllOf((_UNIX, Not(AAPCS))),
    ]
)

#: A condition of its own for every target.
TARGET_CONDITIONS: Mapping[str, Expression] = {
    "x86_64-unknown-linux-gnu": AllOf((ARCHES["x86_64"], LINUX)),
    "aarch64-unknown-linux-gnu": AllOf((ARCHES["aarch64"], LINUX)),
    "x86_64-apple-darwin": AllOf((ARCHES["x86_64"], APPLE)),
    "aarch64-apple-darwin": AllOf((ARCHES["aarch64"], APPLE)),
    "x86_64-pc-windows-msvc": AllOf((MSVC, _MSVC_ARCHES["x86_64"])),
    "aarch64-pc-windows-msvc": AllOf((MSVC, _MSVC_ARCHES["aarch64"])),
    "x86_64-pc-windows-gnu": AllOf((_MINGW_64, ARCHES["x86_64"])),
    "i686-unknown-linux-gnu": AllOf((ARCHES["x86"], LINUX)),
    "i686-pc-windows-msvc": AllOf((MSVC, _MSVC_ARCHES["x86"])),
    "armv7-unknown-linux-gnueabihf": AllOf((ARCHES["arm"], LINUX)),
    "riscv64gc-unknown-linux-gnu": AllOf((ARCHES["riscv64"], LINUX)),
    "s390x-unknown-linux-gnu": ARCHES["s390x"],
    "powerpc64le-unknown-linux-gnu": ARCHES["powerpc64"],
    "wasm32-unknown-unknown": ARCHES["wasm32"],
}

_LITTLE = Not(BIG_ENDIAN)
_APART: Mapping[str, tuple[Expression, ...]] = {
    "x86_64-unknown-linux-gnu": (BITS_64,),
    "aarch64-unknown-linux-gnu": (BITS_64, _LITTLE),
    "aarch64-apple-darwin": (BITS_64,),
    "armv7-unknown-linux-gnueabihf": (_LITTLE,),
    "riscv64gc-unknown-linux-gnu": (BITS_64,),
    "powerpc64le-unknown-linux-gnu": (_LITTLE,),
}
#: The same, and false on what is no target but like one: x32, and what has the other byte order.
EXACT_CONDITIONS: Mapping[str, Expression] = {
    triple: AllOf((*(each.parts if isinstance(each, AllOf) else (each,)), *_APART.get(triple, ())))
    for triple, each in TARGET_CONDITIONS.items()
}


def condition(group: Iterable[Target], among: Iterable[Target]) -> str:
    """What is true on the targets of ``group`` and false on the others of ``among``; alike on what is laid
    out alike.

    Empty if nothing is to be told apart. ex) ``UINTPTR_MAX > 0xffffffffu``
    """
    places, all_ = apart(group, among)
    wanted = targets_in(places)
    found = simplest(CANDIDATES, wanted, targets_in(all_))
    if found is not None:
        return spelled(found)
    return " || ".join(f"({spelled(TARGET_CONDITIONS[target.triple])})" for target in wanted)


def spelled(expression: Expression) -> str:
    """ex) ``!(defined(__i386__) && !defined(_WIN32))``"""
    match expression:
        case Fact():
            return FACTS[expression]
        case Not():
            inner = spelled(expression.of)
            return f"!({inner})" if " " in inner else f"!{inner}"
        case AllOf():
            return " && ".join(_in_brackets(part, AnyOf) for part in expression.parts)
        case AnyOf():
            return " || ".join(_in_brackets(part, AllOf) for part in expression.parts)
        case _:
            assert_never(expression)


def _in_brackets(expression: Expression, kind: type[AllOf | AnyOf]) -> str:
    """What is of the kind stands in brackets."""
    text = spelled(expression)
    return f"({text})" if isinstance(expression, kind) else text
