"""Names that no ABI can have, since its header or its Python package would hide another."""

from __future__ import annotations

from keyword import iskeyword

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.syntax import ast

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


def check_abi_name(name: ast.Name, report: Report) -> None:
    """Report a name that is taken where the ABI's own files would have it."""
    if name.text in _C_HEADERS:
        why = f"its header would hide C's own `{name.text}.h`"
    elif iskeyword(name.text):
        why = "no Python package can be called so"
    elif name.text in _PYTHON_MODULES:
        why = f"its Python package would hide the module `{name.text}`, which it needs itself"
    else:
        return
    report.add(
        catalog.RESERVED_NAME,
        name.span,
        f"an ABI cannot be called `{name.text}`: {why}",
        hint=f"choose another name, such as `{name.text}_abi`",
    )
