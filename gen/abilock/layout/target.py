"""The targets and their data models.

Sources: System V ABI with its i386, AMD64, AArch64 (AAPCS64), ARM (AAPCS32), RISC-V, s390x and
OpenPOWER ELF v2 supplements; Microsoft's x86/x64/ARM64 ABI pages; Apple's platform ABI notes; the
WebAssembly C ABI (tool-conventions, BasicCABI). The numbers are checked against libclang's view of
every target in ``tests/e2e/test_layout_agrees.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class BitFieldRule(Enum):
    """How bit-fields are placed."""

    #: A field may share the storage unit of its neighbours as long as it does not cross a boundary
    #: of its own type (Itanium C++ ABI 2.4, PCC_BITFIELD_TYPE_MATTERS).
    SYSV = "sysv"
    #: As SYSV, and unnamed fields take part in the struct's alignment (AAPCS32 8.1.8, AAPCS64 10.1.8).
    AAPCS = "aapcs"
    #: Neighbours share a unit only if their types have the same size (Microsoft).
    MICROSOFT = "microsoft"


@dataclass(frozen=True, slots=True)
class Target:
    """One target. Sizes and alignments in bytes.

    ``long_size``, ``wchar_size``: size of C's types; ``int64_align``: alignment of 64-bit integers
    and of ``double`` as members.
    """

    triple: str
    pointer_size: int
    long_size: int
    wchar_size: int
    wchar_signed: bool
    char_signed: bool
    int64_align: int
    bit_fields: BitFieldRule
    big_endian: bool = False

    @property
    def is_windows(self) -> bool:
        return "-windows-" in self.triple

    @property
    def is_msvc(self) -> bool:
        return self.triple.endswith("-msvc")


_SYSV, _AAPCS, _MS = BitFieldRule.SYSV, BitFieldRule.AAPCS, BitFieldRule.MICROSOFT

#: Every target, in the order in which outputs name them.
TARGETS: tuple[Target, ...] = (
    #      triple                         ptr long wchar signed char i64
    Target("x86_64-unknown-linux-gnu", 8, 8, 4, True, True, 8, _SYSV),
    Target("aarch64-unknown-linux-gnu", 8, 8, 4, False, False, 8, _AAPCS),
    Target("x86_64-apple-darwin", 8, 8, 4, True, True, 8, _SYSV),
    Target("aarch64-apple-darwin", 8, 8, 4, True, True, 8, _SYSV),
    Target("x86_64-pc-windows-msvc", 8, 4, 2, False, True, 8, _MS),
    Target("aarch64-pc-windows-msvc", 8, 4, 2, False, True, 8, _MS),
    Target("x86_64-pc-windows-gnu", 8, 4, 2, False, True, 8, _MS),
    Target("i686-unknown-linux-gnu", 4, 4, 4, True, True, 4, _SYSV),
    Target("i686-pc-windows-msvc", 4, 4, 2, False, True, 8, _MS),
    Target("armv7-unknown-linux-gnueabihf", 4, 4, 4, False, False, 8, _AAPCS),
    Target("riscv64gc-unknown-linux-gnu", 8, 8, 4, True, False, 8, _SYSV),
    Target("s390x-unknown-linux-gnu", 8, 8, 4, True, False, 8, _SYSV, big_endian=True),
    Target("powerpc64le-unknown-linux-gnu", 8, 8, 4, True, False, 8, _SYSV),
    Target("wasm32-unknown-unknown", 4, 4, 4, True, True, 8, _SYSV),
)

#: Where a layout is shown and no target was named.
DEFAULT_TRIPLE = "x86_64-unknown-linux-gnu"


def find_target(triple: str) -> Target:
    """The target of this name.

    Raises:
        KeyError: there is none of this name.
    """
    for target in TARGETS:
        if target.triple == triple:
            return target
    raise KeyError(triple)
