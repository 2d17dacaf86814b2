"""A small ABI as a loaded plugin: header and package generated, a C library built and loaded."""

from __future__ import annotations

import importlib
import itertools
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import cffi

from support.library import library_of
from support.rendering import unformatted

FLAGS = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fPIC", "-shared", "-pthread")
#: What every library begins with: an allocator that counts.
COUNTING = """
#include <stdlib.h>
#include <string.h>
static long live_blocks;
static void *counted_malloc(size_t size) { live_blocks++; return malloc(size); }
static void counted_free(void *block) { if (block) live_blocks--; free(block); }
__attribute__((visibility("default"))) void *test_malloc(size_t size) { return counted_malloc(size); }
__attribute__((visibility("default"))) void test_free(void *block) { counted_free(block); }
__attribute__((visibility("default"))) long test_live(void) { return live_blocks; }
"""

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
        library = library_of(description.replace("{NAME}", name))
        pages = unformatted(library, "header", "cffi")
        root = self._folder / name
        for path, text in pages.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        code = root / "plugin.c"
        text = source.replace("{NAME}", name.upper()).replace("{name}", name)
        code.write_text(f'#include "{name}.h"\n{COUNTING}\n{text}', encoding="utf-8")
        built = root / "plugin.so"
        run(*self._cc, *FLAGS, f"-I{root / 'include'}", str(code), "-o", str(built))
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
    """The functions of ``COUNTING``, of a library that has them."""
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


def run(*command: str) -> None:
    """Raises AssertionError with what the command said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
