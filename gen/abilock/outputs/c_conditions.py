"""Preprocessor conditions: which targets a piece of C text is for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from abilock.layout.target import BitFieldRule, Target

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A condition and the targets that meet it."""

    text: str
    holds: Callable[[Target], bool]


_WIDE = "UINTPTR_MAX > 0xffffffffu"
_NARROW = "UINTPTR_MAX <= 0xffffffffu"
_WINDOWS = "defined(_WIN32)"
_UNIX = "!defined(_WIN32)"
#: The one data model whose 64-bit members are aligned to 4.
_I386 = "defined(__i386__) && !defined(_WIN32)"
_ARM = "(defined(__arm__) || defined(__aarch64__)) && !defined(__APPLE__) && !defined(_WIN32)"


def _is_wide(target: Target) -> bool:
    return target.pointer_size == 8


def _is_i386(target: Target) -> bool:
    return target.int64_align == 4


def _is_aapcs(target: Target) -> bool:
    return target.bit_fields is BitFieldRule.AAPCS


#: The simplest first.
CANDIDATES = (
    _Candidate("", lambda target: True),
    _Candidate(_WIDE, _is_wide),
    _Candidate(_NARROW, lambda target: not _is_wide(target)),
    _Candidate(_WINDOWS, lambda target: target.is_windows),
    _Candidate(_UNIX, lambda target: not target.is_windows),
    _Candidate(_I386, _is_i386),
    _Candidate(f"!({_I386})", lambda target: not _is_i386(target)),
    _Candidate(
        f"{_NARROW} && !({_I386})", lambda target: not _is_wide(target) and not _is_i386(target)
    ),
    _Candidate("defined(_WIN64)", lambda target: target.is_windows and _is_wide(target)),
    _Candidate(f"{_WIDE} && {_UNIX}", lambda target: not target.is_windows and _is_wide(target)),
    _Candidate(
        f"{_NARROW} && {_WINDOWS}", lambda target: target.is_windows and not _is_wide(target)
    ),
    _Candidate(
        f"{_NARROW} && {_UNIX}", lambda target: not target.is_windows and not _is_wide(target)
    ),
    _Candidate(
        f"{_NARROW} && {_UNIX} && !defined(__i386__)",
        lambda target: not (target.is_windows or _is_wide(target) or _is_i386(target)),
    ),
    _Candidate(_ARM, _is_aapcs),
    _Candidate(
        f"{_UNIX} && !({_ARM})", lambda target: not target.is_windows and not _is_aapcs(target)
    ),
)

#: A condition of its own for every target.
TARGET_CONDITIONS = {
    "x86_64-unknown-linux-gnu": "defined(__x86_64__) && defined(__linux__)",
    "aarch64-unknown-linux-gnu": "defined(__aarch64__) && defined(__linux__)",
    "x86_64-apple-darwin": "defined(__x86_64__) && defined(__APPLE__)",
    "aarch64-apple-darwin": "defined(__aarch64__) && defined(__APPLE__)",
    "x86_64-pc-windows-msvc": "defined(_MSC_VER) && defined(_M_X64)",
    "aarch64-pc-windows-msvc": "defined(_MSC_VER) && defined(_M_ARM64)",
    "x86_64-pc-windows-gnu": "defined(__MINGW64__) && defined(__x86_64__)",
    "i686-unknown-linux-gnu": "defined(__i386__) && defined(__linux__)",
    "i686-pc-windows-msvc": "defined(_MSC_VER) && defined(_M_IX86)",
    "armv7-unknown-linux-gnueabihf": "defined(__arm__) && defined(__linux__)",
    "riscv64gc-unknown-linux-gnu": "defined(__riscv) && defined(__linux__)",
    "s390x-unknown-linux-gnu": "defined(__s390x__)",
    "powerpc64le-unknown-linux-gnu": "defined(__powerpc64__)",
    "wasm32-unknown-unknown": "defined(__wasm32__)",
}


def condition(group: Iterable[Target], among: Iterable[Target]) -> str:
    """What is true on the targets of ``group`` and false on the others of ``among``.

    Empty if nothing is to be told apart. ex) ``UINTPTR_MAX > 0xffffffffu``
    """
    wanted, known = tuple(group), tuple(among)
    for candidate in CANDIDATES:
        if tuple(target for target in known if candidate.holds(target)) == wanted:
            return candidate.text
    return " || ".join(f"({TARGET_CONDITIONS[target.triple]})" for target in wanted)


def grouped(keys: Iterable[tuple[Target, _Key]]) -> dict[_Key, tuple[Target, ...]]:
    """Targets by what they have in common, in the order of their first ones."""
    groups: dict[_Key, tuple[Target, ...]] = {}
    for target, key in keys:
        groups[key] = (*groups.get(key, ()), target)
    return groups
