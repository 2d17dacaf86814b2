"""Which target a compiler compiles for, told from the macros that it has before it reads anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_DEFINE = re.compile(r"^#define (\w+)(?: (.*))?$", re.M)
#: Macros that all have to be there, or ``!`` not to be, and the first part of the triples they stand for.
_ARCHES = (
    ("x86_64", ("__x86_64__", "!__ILP32__")),
    ("aarch64", ("__aarch64__", "!__ILP32__", "!__AARCH64EB__")),
    ("i686", ("__i386__",)),
    ("armv7", ("__arm__", "__ARM_EABI__", "!__ARMEB__")),
    ("riscv64gc", ("__riscv", "__LP64__")),
    ("s390x", ("__s390x__",)),
    ("powerpc64le", ("__powerpc64__", "__LITTLE_ENDIAN__")),
    ("wasm32", ("__wasm32__",)),
)
#: The oldest standard that headers are for.
_C99 = 199901


@dataclass(frozen=True, slots=True)
class Machine:
    """``triple``: the target that it lays out for, None if that is none that is known. ``is_cpp``: it takes
    everything for C++. ``is_old``: it has to be told to compile C of this century."""

    triple: str | None
    is_cpp: bool
    is_old: bool


def machine_of(listing: str) -> Machine:
    """What the definitions say that a compiler prints for ``-dM -E``."""
    macros: dict[str, str] = dict(_DEFINE.findall(listing))
    standard = re.match(r"\d+", macros.get("__STDC_VERSION__", "0"))
    is_cpp = "__cplusplus" in macros
    is_old = not is_cpp and int(standard[0] if standard else 0) < _C99
    return Machine(_triple(macros), is_cpp, is_old)


def _triple(macros: Mapping[str, str]) -> str | None:
    arch = next((name for name, needed in _ARCHES if _has(macros, needed)), None)
    if arch is None:
        return None
    if arch == "wasm32":
        return "wasm32-unknown-unknown"
    if "_WIN32" in macros:
        return _windows(arch, "_MSC_VER" in macros)
    if "__APPLE__" in macros:
        return f"{arch}-apple-darwin" if arch in ("x86_64", "aarch64") else None
    if "__CYGWIN__" in macros:
        return None
    # Other systems with ELF files lay out as Linux does, and so does a compiler for none.
    return f"{arch}-unknown-linux-gnu{'eabihf' if arch == 'armv7' else ''}"


def _windows(arch: str, is_msvc: bool) -> str | None:
    if is_msvc:
        return f"{arch}-pc-windows-msvc" if arch in ("x86_64", "aarch64", "i686") else None
    return "x86_64-pc-windows-gnu" if arch == "x86_64" else None


def _has(macros: Mapping[str, str], needed: tuple[str, ...]) -> bool:
    return all(
        name[1:] not in macros if name.startswith("!") else name in macros for name in needed
    )
