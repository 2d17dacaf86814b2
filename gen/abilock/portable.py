"""Names that not every system has room for: devices of Windows, and names that compilers cut off."""

from __future__ import annotations

#: Names that are devices on Windows, with whatever ending.
DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in range(10)]
)
#: Of a name in a description. Microsoft's C tells names apart by their first 247 characters, ISO C
#: promises 63 (C99 5.2.4.1), C++ recommends 1024; and a value is its enum's name, `_`, and its own.
MAX_NAME = 120
#: Of a text in bytes: C99 5.2.4.1 promises no longer string literals, and gcc and clang refuse them with
#: `-Wpedantic`.
MAX_TEXT = 4095
#: Of what an attribute says: headers put more in front of it.
MAX_REMARK = 2000
