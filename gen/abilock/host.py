"""The target that this Python runs on."""

from __future__ import annotations

import platform
import sys

from abilock.layout.target import DEFAULT_TRIPLE
from abilock.model.targets import TRIPLES

_MACHINES = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "aarch64": "aarch64",
    "arm64": "aarch64",
    "i386": "i686",
    "i686": "i686",
    "armv7l": "armv7",
    "riscv64": "riscv64gc",
    "s390x": "s390x",
    "ppc64le": "powerpc64le",
}
_SYSTEMS = {"linux": "linux", "darwin": "darwin", "win32": "windows-msvc"}


def host_triple() -> str:
    """The triple of this machine, or the default where it is not a known target."""
    machine = _MACHINES.get(platform.machine().lower(), "")
    if machine == "x86_64" and sys.maxsize < 1 << 32:
        machine = "i686"
    system = _SYSTEMS.get(sys.platform, "")
    for triple in TRIPLES:
        if machine and system and triple.startswith(f"{machine}-") and system in triple:
            return triple
    return DEFAULT_TRIPLE
