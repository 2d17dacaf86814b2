"""Local names of generated functions: no two of them meet, whatever the parameters are called."""

from __future__ import annotations

from collections.abc import Container, Iterator

from abilock.model.decls import Declaration, Slot, Vtable
from abilock.model.naming import python_name

#: Stands for the result where members go by their names: no parameter is called so.
RESULT = "->"

#: What generated functions call their own, and the words of Python that they use.
_TAKEN = frozenset(
    """self lib table function context keep asked varargs Keep CallError NotAvailableError
    ARGUMENT_ERRORS Callback known take_nul take_nul_or_none len list max min int str zip getattr
    functools""".split()
)
#: How functions of the package begin that are named after what is declared.
_MAKERS = "lift take lower fail write fill hand lend own end after tried".split()


def functions_of(declared: Declaration) -> Iterator[str]:
    """The functions of the package that are named after this. ex) ``own_Store``, ``tried_Store_get``"""
    yield from (f"{maker}_{python_name(declared.name)}" for maker in _MAKERS)
    if isinstance(declared, Vtable):
        for each in declared.members:
            if isinstance(each, Slot):
                yield from (f"{maker}_{declared.name}_{each.name}" for maker in ("after", "tried"))


def given_name(name: str, taken: Container[str]) -> str:
    """A parameter of a function that Python calls: ``name``, unless generated code needs that itself, or
    it is ``taken``. What ends so already gets one more, so that two names stay two.

    ex) ``table`` is ``table_``, and ``table_`` is ``table__``
    """
    plain = name.rstrip("_")
    return f"{name}_" if plain in _TAKEN or plain in taken else name


def arriving_name(name: str) -> str:
    """A parameter of a function that C calls; what begins with ``_abi_`` is the code's own.

    ex) ``_key``; ``___abi_key`` for ``abi_key``
    """
    return f"___{name}" if name.lstrip("_").startswith("abi_") else f"_{name}"


def out_name(name: str) -> str:
    """What a callee writes. ex) ``_abi_out_count``"""
    return _of("out", name)


def size_name(name: str) -> str:
    """How many elements there is room for."""
    return _of("size", name)


def data_name(name: str) -> str:
    """The bytes of what is passed as pointer and length."""
    return _of("data", name)


def rows_name(name: str) -> str:
    """The bytes of each of several."""
    return _of("rows", name)


def count_name(name: str) -> str:
    """The length that several share."""
    return _of("count", name)


def group_name(name: str) -> str:
    """The context that several functions share."""
    return _of("group", name)


def _of(kind: str, name: str) -> str:
    """No kind is the beginning of another, and those without a name have no second ``_``:
    ``_abi_result``, ``_abi_error``, ``_abi_first``, ``_abi_wrong``, ``_abi_said``, ``_abi_use``."""
    return f"_abi_{kind}" if name == RESULT else f"_abi_{kind}_{name}"
