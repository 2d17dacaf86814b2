"""Header, package and plugin of a small ABI: made in this process, or in one beside it.

Under Valgrind all that Python does takes thirty times as long, and how a package comes about is not what
is watched there. So ``ABILOCK_TESTS_BUILD=apart`` lets a process do it that nobody watches.
"""

from __future__ import annotations

import compileall
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from support.library import library_of
from support.rendering import unformatted

APART = {"ABILOCK_TESTS_BUILD": "apart"}
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


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made in ``root``: texts without places to fill in."""

    root: str
    name: str
    description: str
    source: str
    cc: tuple[str, ...]


def build(order: Order) -> None:
    """``include/``, ``python/`` and ``plugin.so``.

    Raises AssertionError with what the compiler said.
    """
    if os.environ.items() >= APART.items():
        _apart().build(order)
    else:
        _build(order)


def run(*command: str) -> None:
    """Raises AssertionError with what the command said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _build(order: Order) -> None:
    root = Path(order.root)
    for path, text in unformatted(library_of(order.description), "header", "cffi").items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    code = root / "plugin.c"
    code.write_text(f'#include "{order.name}.h"\n{COUNTING}\n{order.source}', encoding="utf-8")
    run(*order.cc, *FLAGS, f"-I{root / 'include'}", str(code), "-o", str(root / "plugin.so"))


class _Builder:
    """A process that takes an order a line, and answers each with what went wrong."""

    def __init__(self) -> None:
        inherited = {name: text for name, text in os.environ.items() if name not in APART}
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**inherited, "PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def build(self, order: Order) -> None:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(asdict(order)), file=self._process.stdin, flush=True)
        wrong = json.loads(self._process.stdout.readline())
        assert not wrong, wrong


@cache
def _apart() -> _Builder:
    return _Builder()


def _serve() -> None:
    """Until nobody is there to ask."""
    for line in sys.stdin:
        order = Order(**json.loads(line))
        wrong = ""
        try:
            _build(order)
            # What Python does with a package before it runs is not watched either.
            compileall.compile_dir(Path(order.root) / "python", quiet=1)
        except AssertionError as error:
            wrong = str(error)
        sys.stdout.write(f"{json.dumps(wrong)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
