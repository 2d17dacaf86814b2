"""Names that no ABI can have, since its header or its Python package would hide another."""

from __future__ import annotations

from keyword import iskeyword

from abilock.portable import DEVICES

#: ISO C23 7.1.2, Standard headers.
_C_HEADERS = frozenset(
    """assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign
    stdarg stdatomic stdbit stdbool stdckdint stddef stdint stdio stdlib stdnoreturn string tgmath threads
    time uchar wchar wctype""".split()
)
#: What a generated package imports.
_PYTHON_MODULES = frozenset(
    """abc builtins cffi dataclasses enum functools importlib itertools json os pathlib platform re struct
    sys sysconfig threading tomllib types typing weakref""".split()
)


def abi_name_refusal(name: str) -> str | None:
    """Why an ABI cannot have this name, or None if it can."""
    if name in _C_HEADERS:
        return f"its header would hide C's own `{name}.h`"
    if name.lower() in DEVICES:
        return "its files and folders are named after it, and Windows has a device of that name"
    if iskeyword(name):
        return "no Python package can be called so"
    if name in _PYTHON_MODULES:
        return f"its Python package would hide the module `{name}`, which it needs itself"
    return None
