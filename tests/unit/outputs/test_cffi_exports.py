"""Entries that Python answers: which, what C gets without Python, and what is known without the author."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from abilock.outputs.cffi.cdef import cffi_naming
from abilock.outputs.cffi.defaults import manifest_form, ranges
from abilock.outputs.cffi.exports import Export, Exports
from abilock.outputs.cffi.package import Package
from support.library import library_of
from support.pages import write_pages


def package_of(text: str) -> Package:
    library = library_of(text)
    return Package(library, cffi_naming(library))


def exports_of(text: str) -> Exports:
    return Exports(package_of(text))


def one(text: str) -> Export:
    (export,) = exports_of(text).exports()
    return export


# --- what cannot be answered

HANDLES = """
opaque Db;
@create(out) @ok(0) entry fn test_open(out: *mut (*mut Db?) @out) -> i32;
entry fn test_count(db: *mut Db) -> u32;
@destroy(db) entry fn test_close(db: own *mut Db);
"""


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("entry fn f(a: u32) -> i64;", []),
        ("entry fn f(format: *const char @nul, ...);", ["`f` takes a variable number of arguments"]),
        ("entry static level: u32;", ["`level` is a variable"]),
        ("entry fn f(); optional entry static level: u32;", []),
        ("struct S { a: u8 }", ["libraries of this ABI need not export any function"]),
        (
            "optional entry fn f(format: *const char @nul, ...);",
            ["libraries of this ABI need not export any function"],
        ),
        ("@hidden entry fn f();", ["`f` is hidden"]),
        ("entry fn f(); @hidden optional entry fn g();", []),
        (
            HANDLES,
            [f"`test_{each}` makes, takes or ends a handle" for each in ("open", "count", "close")],
        ),
        (
            "allocator mine = take/give; entry fn take(size: usize) -> *mut void;"
            " entry fn give(block: *mut void); struct S { @value a: u32 }"
            " entry fn f() -> own *mut char @nul @owned(mine);",
            ["`take` gives or takes memory", "`give` gives or takes memory"],
        ),
        (
            "@object(s) vtable V { s: *mut void, f: fn(a: i32, ...); }"
            " entry fn v() -> *const V @until(library);",
            [],
        ),
        (
            "@object(s) @refcounted(keep, drop) vtable V { s: *mut void, fn f(self: const) -> u32;"
            " fn keep(self: mut); fn drop(self: mut); } entry fn v() -> own *mut V;",
            ["`v` hands out a `V`, which only C can make"],
        ),
    ],
)  # fmt: skip
def test_refusals(text: str, refused: list[str]) -> None:
    exports = exports_of(text)
    found = list(exports.refusals())
    assert exports.has_any is (not found)
    assert len(found) == len(refused), found
    for said, expected in zip(found, refused, strict=True):
        assert said.startswith(expected), said


def test_optional_entries_are_done_without() -> None:
    exports = exports_of("entry fn f(); optional entry fn g(format: *const char @nul, ...);")
    assert list(exports.refusals()) == []
    assert [each.symbol for each in exports.exports()] == ["f"]
    (said,) = exports.lacking()
    assert said.startswith("`g` takes a variable number of arguments")


# --- without Python


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("entry fn f();", ["return;"]),
        ("entry fn f() -> i32;", ["return 0;"]),
        ("@ok(0) entry fn f() -> i32;", ["return (int32_t)1;"]),
        ("@ok(1) entry fn f() -> u8;", ["return (uint8_t)0;"]),
        ("@fails(< 0) entry fn f() -> i64;", ["return (int64_t)-1;"]),
        ("enum E { A = 2, B = 5 } @ok(A) entry fn f() -> E;", ["return (E)5;"]),
        ("enum E { A = 2, B = 5 } entry fn f() -> E;", ["return (E)2;"]),
        ("@fails(null) entry fn f() -> *const char? @nul;", ["return 0;"]),
        (
            'struct S { a: u8 } entry fn f(@py("x") out: *mut S @out, n: u8);',
            ["if (abi_0 != NULL)", "    memset((void *)abi_0, 0, sizeof *abi_0);", "return;"],
        ),
        (
            "@result(code, why) struct R { code: i32, why: *const char? @nul } entry fn f() -> R;",
            [
                "R abi_nothing;",
                "memset(&abi_nothing, 0, sizeof abi_nothing);",
                "abi_nothing.code = 1;",
                "return abi_nothing;",
            ],
        ),
    ],
)
def test_what_c_gets_without_python(text: str, statements: list[str]) -> None:
    assert list(one(text).unanswered) == statements


def test_parameters_have_names_that_nothing_else_has() -> None:
    export = one("struct S { n: u8 } entry fn f(class: S, errno: *const char, u32) -> u8;")
    assert export.prototype == "uint8_t f(S abi_0, const char *abi_1, uint32_t abi_2)"
    assert export.arguments == "abi_0, abi_1, abi_2"


# --- variables


@pytest.mark.parametrize(
    ("text", "definitions"),
    [
        (
            "compat integer(N); @version const N: u32 = 7; @version entry static const level: u32;",
            ["const uint32_t level = 7;"],
        ),
        (
            "@version entry static told: *const char @nul;",
            ['const char *told = "1.2.0";'],
        ),
        ("entry static level: u32; @version entry static told: *const char @nul;", None),
    ],
)
def test_variables_that_tell_versions(text: str, definitions: list[str] | None) -> None:
    exports = exports_of(f"{text} entry fn f();")
    assert bool(list(exports.refusals())) is (definitions is None)
    assert definitions is None or list(exports.variables()) == definitions


# --- without the author


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("@handshake @version entry fn v() -> *const char @nul @until(library);", "return '1.2.0'"),
        (
            "compat integer(N); @version const N: u32 = 7; @handshake @version entry fn v() -> u32;",
            "return 7",
        ),
        (
            "struct About { @version v: *const char @nul, @triple t: *const char @nul,"
            " name: *const char @nul, n: u32 } @handshake entry fn v() -> *const About @until(library);",
            "return About( v='1.2.0', t=_abi_triple(), name='', n=0, )",
        ),
        ("struct About { name: *const char @nul } entry fn v() -> *const About @until(library);", "..."),
        ("compat accepts(4, 5); @handshake @version entry fn v() -> u32;", "return 4"),
    ],
)  # fmt: skip
def test_versions_and_targets_are_known(text: str, body: str) -> None:
    (method,) = exports_of(text).methods()
    assert " ".join(line.strip() for line in method.body) == body
    assert bool(method.decorators) is (body == "...")


def test_ranges_of_manifests() -> None:
    package = package_of(
        '@range("host", MINOR) const MAJOR: u16 = 3; const MINOR: u16 = 4;'
        ' @range("tools.api") const API: u16 = 2;'
        " @handshake @manifest(toml) entry fn about() -> *const char @nul @until(library);"
    )
    assert manifest_form(package) == "toml"
    assert dict(ranges(package)) == {"host": "3.4", "tools.api": "2"}


# --- in the package


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(tmp_path / "python"))
    known = set(sys.modules)
    text = (
        '@range("host.api") const API: u16 = 2; @string(p, n) struct S { p: *const char, n: usize }'
        " vtable V { state: *mut void, fn name(self: const) -> S @until(drop); }"
        " @manifest(toml) entry fn about() -> *const char @nul @until(library);"
        " optional entry fn more() -> u32;"
    )
    write_pages(library_of(text), tmp_path, "cffi")
    yield importlib.import_module("test.plugin")
    for name in set(sys.modules) - known:
        del sys.modules[name]


def test_manifests_are_what_was_described(package: Any) -> None:
    tomllib = importlib.import_module("tomllib")
    described = {
        "id": 'ein "Ding"\n\x7f',
        "needs": ["a", "b"],
        "two words": {"on": True, "part": 2.5, "none": None},
        "tables": [{"a": 1}, {"ä": "b"}],
    }
    found = tomllib.loads(package.manifest(described))
    assert found.pop("host") == {"api": {"minimum": "2", "maximum": "2"}}
    assert found.pop("two words") == {"on": True, "part": 2.5}
    described.pop("two words")
    assert found == described
    given = {"host": {"api": {"minimum": "1"}}}
    assert tomllib.loads(package.manifest(given)) == given


def test_what_a_plugin_answers(package: Any) -> None:
    serving = importlib.import_module("test._serving")

    class Plugin(package.PluginEntries):  # type: ignore[misc]
        def about(self) -> str:
            return ""

    class More(Plugin):
        def more(self) -> int:
            return 1

    def answered(target: Any) -> list[str]:
        entries = package.PluginEntries
        return [
            each.symbol for each in package.EXPORTS if serving.is_answered(target, entries, each)
        ]

    assert answered(Plugin) == answered(Plugin()) == ["about"]
    assert answered(More) == answered(More()) == ["about", "more"]
    assert answered(package.PluginEntries) == []
    module = ModuleType("some")
    vars(module).update(about=lambda: "", more=lambda: 1)
    assert answered(module) == ["about", "more"]


def test_answers_of_two_threads_at_once_both_stay(package: Any) -> None:
    """The second one comes before the first one has made what it lends."""
    runtime = importlib.import_module("test._runtime")
    binding = importlib.import_module("test._bindings").binding_for("ready-made")
    library = runtime.Library(binding, "", ())
    entry = binding.register(object(), library)
    first, is_made = entry.lend("V_name", "x", True)
    second, is_made_again = entry.lend("V_name", "x", True)
    assert not is_made
    assert not is_made_again
    assert first is not second
    assert entry.held == [first, second]
    second.made = library.null
    assert entry.lend("V_name", "x", True) == (second, True)


def test_functions_that_two_threads_make_at_once_are_one(
    package: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one is being made, another thread has made it."""
    binding = importlib.import_module("test._bindings").binding_for("ready-made")
    callback = binding.ffi.callback
    others = []

    def slow(ctype: Any, function: Any, **more: Any) -> Any:
        if not others:
            others.append(None)
            others[0] = binding.forgetting("void(*)(void *)", 0)
        return callback(ctype, function, **more)

    monkeypatch.setattr(binding, "ffi", type("Ffi", (), {"callback": staticmethod(slow)})())
    assert binding.forgetting("void(*)(void *)", 0) is others[0]
