"""A small ABI as a loaded plugin: header and package generated, a C library built and loaded."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import cffi

from support.building import Order, build

_numbers = itertools.count()


class Bound(NamedTuple):
    """The package, the plugin, and how many blocks are alive."""

    package: ModuleType
    plugin: Any
    counters: Any


class Workshop:
    """Builds each ABI once; the package has a name of its own, so that many can be loaded."""

    def __init__(self, folder: Path, cc: list[str]) -> None:
        self._folder = folder
        self._cc = cc
        self._built: dict[tuple[str, str, str, str], Bound] = {}

    def build(self, description: str, source: str, mode: str, memory: str = "system") -> Bound:
        """``{NAME}`` stands for the name of the ABI in both texts, in capitals in the C source, where
        ``{name}`` has it as it is.

        ``memory``: whose allocators the package uses: those of the ``system``, or those that count, as
        ``counted`` functions of C or as functions of ``python``.
        """
        key = (description, source, mode, memory)
        if key not in self._built:
            self._built[key] = self._build(*key)
        return self._built[key]

    def _build(self, description: str, source: str, mode: str, memory: str) -> Bound:
        name = f"shape{next(_numbers)}"
        root = self._folder / name
        source = source.replace("{NAME}", name.upper()).replace("{name}", name)
        description = description.replace("{NAME}", name)
        build(Order(str(root), name, description, source, tuple(self._cc)))
        built = root / "plugin.so"
        counters = counters_of(built)
        sys.path.insert(0, str(root / "python"))
        try:
            package = importlib.import_module(name)
            if memory != "system":
                made = counting(counters, memory)
                importlib.import_module(f"{name}._bindings").allocators = made
            if mode == "compiled":
                importlib.import_module(f"{name}.build").build()
                importlib.invalidate_caches()
            plugin = package.load(built, mode)
        finally:
            sys.path.remove(str(root / "python"))
        return Bound(package, plugin, counters)


def counters_of(built: Path) -> Any:
    """The functions of ``support.building.COUNTING``, of a library that has them."""
    ffi = cffi.FFI()
    ffi.cdef("void *test_malloc(size_t size); void test_free(void *block); long test_live(void);")
    return ffi.dlopen(str(built))


def counting(counters: Any, memory: str) -> Callable[[Iterable[str]], tuple[Any, Any]]:
    """In place of ``allocators`` of a package."""
    acquire, release = counters.test_malloc, counters.test_free
    if memory == "python":
        acquire = lambda size: counters.test_malloc(size)  # noqa: E731
        release = lambda block: counters.test_free(block)  # noqa: E731
    return lambda schemes: (dict.fromkeys(schemes, acquire), dict.fromkeys(schemes, release))
