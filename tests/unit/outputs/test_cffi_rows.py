"""Lists whose elements have lengths of their own: ``@lens``, in either direction."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.library import library_of
from support.pages import write_pages

TEXT = """
@object(state) @drop(drop_fn)
vtable Sink {
    state: *mut void,
    fn rows(self: mut, rows: *const *const u8 @len(n) @lens(sizes), sizes: *const u32, n: u32);
    fn texts(self: mut, texts: *const *const char? @len(n) @lens(sizes), sizes: *const usize, n: usize);
    fn maybe(self: mut, rows: *const (*const u8?)? @len(n) @lens(sizes), sizes: *const usize, n: usize);
    drop fn drop_fn(self: own);
}
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(tmp_path / "python"))
    known = set(sys.modules)
    write_pages(library_of(TEXT), tmp_path, "cffi")
    yield importlib.import_module("test")
    for name in set(sys.modules) - known:
        del sys.modules[name]


class Sink:
    """Remembers what it was called with."""

    def __init__(self) -> None:
        self.got: list[Any] = []

    def rows(self, rows: list[bytes]) -> None:
        self.got.append(rows)

    texts = maybe = rows


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("rows", [b"", b"\0\xff", b"abc" * 1000]),
        ("rows", []),
        ("texts", ["", "ü", "text"]),
        ("texts", None),
        ("maybe", [b"a", None, b""]),
        ("maybe", None),
    ],
)
def test_rows_go_there_and_back(package: ModuleType, method: str, value: Any) -> None:
    """A Python object is handed to C as a table, and that table is called as if it were C's."""
    runtime = importlib.import_module("test._runtime")
    bridge = importlib.import_module("test._bridge")
    bindings = importlib.import_module("test._bindings")
    library = runtime.Library(bindings.binding_for("ready-made"), "", ())
    sink = Sink()
    keep = runtime.Keep(library)
    table = bridge.hand_Sink(library, sink, keep, "call")
    getattr(bridge, f"call_Sink_{method}")(library, table, value)
    assert sink.got == [value]
