"""Names of an ABI that are also names of Python, of the package, or of what the package is made with."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from abilock.diagnostics.report import Report
from abilock.model.python_names import PACKAGE_NAMES
from abilock.outputs.cffi.limits import report_limits
from abilock.pipeline import lay_out_all
from support.bindings import Workshop
from support.library import library_of
from support.rendering import unformatted

DESCRIPTION = """
abi {NAME} 1.0.0;
struct Library { a: i32 } struct Keep { c: i32 } struct CData { g: i32 } struct Dict { h: i32 }
struct Entry { a: i32 } struct functools { a: i32 } struct load { a: i32 } struct CallError { x: i32 }
struct FILE { fd: i32 } struct new { a: i32 }
enum Trampoline { A, None } @py("Level") enum Grade { Low = 1, @py("TOP") High = 2 }
callback Callback(n: i32) -> i32;
const RAW: u32 = 1;
@bytes(ptr, len) struct Bytes { ptr: *const u8, len: usize }
struct Words { bytes: Bytes, list: *const i32 @len(str), str: usize, self: i32, None: i32, lib: i32 }
vtable Proxy {
    state: *mut void,
    closed: i32,
    fn list(self: const) -> Bytes @until(drop);
    fn property(self: const) -> i32;
    @get fn bytes(self: const) -> i32;
    fn close(self: const) -> i32;
    fn with(self: const) -> i32;
    fn __enter__(self: const) -> i32;
    fn _abi_table(self: const) -> i32;
    fn sum(self: const, list: *const i32 @len(len), len: usize, keep: i32, lib: i32, table: i32,
           context: i32, Trampoline: Trampoline) -> i32;
    fn words(self: const, words: *const Words) -> i32;
    fn grade(self: const, grade: Grade) -> Grade;
    drop fn drop(self: own);
}
entry fn make() -> own *mut Proxy;
entry fn path(l: *const Library, file: *const FILE, new_: new) -> FILE;
entry fn mode(c: Callback @scope(forever), lib: i32, self: i32) -> i32;
"""

SOURCE = r"""
static Bytes list(const void *s) { (void)s; return (Bytes){(const uint8_t *)"ab", 2}; }
static int32_t one(const void *s) { (void)s; return 1; }
static int32_t sum(const void *s, const int32_t *list, size_t len, int32_t keep, int32_t lib, int32_t table,
                   int32_t context, Trampoline t) {
    int32_t all = keep + lib + table + context + (int32_t)t;
    (void)s;
    for (size_t i = 0; i < len; i++) all += list[i];
    return all;
}
static int32_t words(const void *s, const Words *w) {
    (void)s;
    return (int32_t)w->bytes.len + w->list[0] + w->self + w->None + w->lib;
}
static Grade grade(const void *s, Grade g) { (void)s; return g; }
static void drop(void *s) { (void)s; }
{NAME}_EXPORT Proxy *make(void) {
    static Proxy made = {0, 5, list, one, one, one, one, one, one, sum, words, grade, drop};
    return &made;
}
{NAME}_EXPORT FILE_ path(const Library *l, const FILE_ *file, new_ n) {
    return (FILE_){l->a + file->fd + n.a};
}
{NAME}_EXPORT int32_t mode(Callback c, int32_t lib, int32_t self) { return c(lib + self); }
"""


def test_names_do_not_clash(workshop: Workshop, mode: str) -> None:
    bound = workshop.build(DESCRIPTION, SOURCE, mode)
    package, plugin = bound.package, bound.plugin
    assert plugin.mode == mode
    with plugin.make() as proxy:
        assert (proxy.list(), proxy.property(), proxy.bytes, proxy.close_()) == (b"ab", 1, 1, 1)
        assert (proxy.with_(), proxy.enter____(), proxy.abi_table_(), proxy.closed_) == (1, 1, 1, 5)
        assert proxy.closed is False
        assert proxy.sum([1, 2], 3, 4, 5, 6, package.Trampoline_.A) == 21
        words = package.Words(bytes=b"xy", list=[1], self=2, None_=3, lib=4)
        assert proxy.words(words) == 12
        assert proxy.grade(package.Level.TOP) is package.Level.TOP
    made = plugin.path_(package.Library_(a=1), package.FILE(fd=2), package.new(a=3))
    assert made == package.FILE(fd=6)
    assert plugin.mode_(lambda number: number * 2, 3, 4) == 14
    assert package.RAW_ == 1
    assert issubclass(package.CallError, Exception)
    assert importlib.util.find_spec(f"{package.__name__}.build") is not None


@pytest.mark.slow
def test_type_checkers_tell_them_apart(workshop: Workshop) -> None:
    package = workshop.build(DESCRIPTION, SOURCE, "ready-made").package
    folder = Path(package.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "-p", package.__name__],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_names_made_of_several_are_told() -> None:
    library = library_of(
        "vtable Store { state: *mut void, fn get(self: const) -> i32; drop fn drop(self: own); }\n"
        "struct StoreProxy { a: i32 } struct lift_StoreProxy { a: i32 }\n"
        "callback Store_get(n: i32) -> i32;\n"
        "entry fn use(s: *const Store @until(call), c: Store_get @scope(forever));"
    )
    report = Report()
    report_limits(library, lay_out_all(library), report)
    assert [(each.code.slug, each.message.split("are both")[1]) for each in report.diagnostics] == [
        ("name-collision", " `StoreProxy` in Python"),
        ("name-collision", " `lift_StoreProxy` in Python"),
        ("name-collision", " `Store_get` in Python"),
    ]


def test_every_name_that_modules_use_is_kept_from_types() -> None:
    library = library_of("struct Only { a: i32 }")
    used: set[str] = set()
    for path, text in unformatted(library, "cffi").items():
        if not path.endswith(("_bridge.py", "_loader.py", "_types.py")):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                used |= {(each.asname or each.name).partition(".")[0] for each in node.names}
    assert {name for name in used if not name.startswith("_")} - {"*"} <= PACKAGE_NAMES
