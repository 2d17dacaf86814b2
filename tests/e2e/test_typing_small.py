"""Type checkers have nothing to say of a package, however little its description declares."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from abilock.commands.attribute_examples import EXAMPLES
from abilock.diagnostics.render import render_text
from abilock.outputs import OUTPUTS
from abilock.pipeline import lay_out_all
from support.library import library_of, read_text
from support.rendering import unformatted

from .test_typing import complaints

pytestmark = [pytest.mark.slow, pytest.mark.tool("node")]

#: One description for each kind of declaration, each with as little else as can be.
SMALL: Mapping[str, str] = {
    "nothing": "",
    "constant": 'const MOST: u32 = 7; const NAME: str = "n";',
    "entry": "entry fn f();",
    "number": "entry fn f(a: u32, b: f64, c: bool) -> i64;",
    "untyped": "entry fn f(p: *mut void?, q: *const void) -> *mut void?;",
    "opaque": "opaque Thing; entry fn f(p: *mut Thing, q: *const Thing?) -> *mut Thing?;",
    "enum": "enum Part { real, imag, conjugate, numerator, denominator, to_bytes, from_bytes,"
    " bit_length, name, value, mro, as_integer_ratio } entry fn f(a: Part) -> Part;",
    "open_enum": "open enum Part { real, name, value } entry fn f() -> Part;",
    "flags": "flags Part { real = 1, name = 2, imag = 4 } entry fn f() -> Part;",
    "statics": "enum E { A } struct S { a: u32 } entry static level: u32; entry static rate: f64;"
    " entry static on: bool; entry static e: E; entry static s: S; entry static t: *const char @nul;"
    " optional entry static none: *const char? @nul;",
    "out": "@fails(null) entry fn f(x: *mut u32 @out) -> *const u32? @until(library);"
    " entry fn g(x: *mut u32 @out); @ok(0) entry fn h(x: *mut f64 @out, y: *mut u32 @out) -> i32;",
    "inout": "entry fn f(x: *mut u32 @inout) -> u32; struct S { a: u32 } entry fn g(x: *mut S @inout);",
    "buffer": "@ok(0) @retry(2) entry fn f(b: *mut u8? @capacity(n) @written(w), n: usize,"
    " w: *mut usize @out) -> i32;",
    "default": "enum E { A, B } entry fn f(@default(true) b: bool, @default(B) e: E, @default(3) n: u8);"
    " struct S { @default(7) a: u32, @default(true) b: bool, @default(B) c: E, d: u32 }"
    " entry fn g(s: *const S);",
    "truth": "@error_buffer(text, len) struct Err { text: [u8; 16], len: u32 }"
    ' @truth("not found") @ok(0) @error(why) entry fn has(k: u32, why: *mut Err @out) -> i32;',
    "none": "entry fn f(k: u32) -> i32 @none(-1); entry fn g(k: i32 @none(0));",
    "to": "struct Q { on: bool } entry fn f(q: *const void @to(Q)) -> *const void? @to(Q) @until(library);",
    "callback": "callback V(n: u32, @ctx c: *mut void) -> bool;"
    " entry fn f(v: V @ctx(c) @scope(call), c: *mut void);",
    "callback_returned": "entry fn f() -> fn(i32) -> i32; entry fn g(f: fn(n: i32) @scope(forever));",
    "error": "@error_buffer(text) struct Err { text: [char; 16], kind: u32 }"
    " @error(why) @ok(true) entry fn f(why: *mut Err) -> bool;",
    "error_enum": "enum E { Fine, Bad } @ok(Fine) entry fn f() -> E;"
    " @ok(0) @errors(E) entry fn g() -> i32;",
    "result": "@result(code, message) struct R { code: i32, message: *const char? @nul, @value n: u32 }"
    " entry fn f() -> R;",
    "vtable": "vtable V { state: *mut void, fn f(self: const) -> u32; optional fn g(self: const);"
    " drop fn drop(self: own); } entry fn v() -> own *mut V; entry fn take(v: own *mut V);"
    " entry fn use(v: *const V @until(call));",
    "size": "@object(s) vtable V { s: *mut void, @struct_size n: usize, fn f(self: const) -> u32 }"
    " entry fn v() -> *const V @until(library); struct S { @struct_size n: u32, a: u32 }"
    " entry fn f(s: *const S);",
    "handle": "type File = u32; @create(file) @ok(0) entry fn open(file: *mut File @out) -> i32;"
    " @handle(file) entry fn size(file: File) -> u64; @destroy(file) entry fn end(file: File);",
    "nested": "struct N { head: struct { x: i32, y: i32 }, on: bool : 1, n: u8 : 3 }"
    " entry fn f() -> *const N @until(library); entry fn g(n: *const N);",
    "union": "union U { a: u32, b: f32 } struct S { u: U, n: u8 } entry fn f(s: *const S);",
    "holds": "vtable V { state: *mut void, fn f(self: const); drop fn drop(self: own); }"
    " struct S { self: u32, property: u32, Any: u8, list: *mut V, v: *mut V?,"
    " many: *const (*mut V) @len(n), n: usize, value: u32 }"
    " struct T { s: S, @default(true) b: bool, v: *mut V? } vtable W { state: *mut void,"
    " fn s(self: const) -> S; fn t(self: const, t: *const T); drop fn drop(self: own); }"
    " entry fn w() -> own *mut W;",
    "release": "@release(end, data) struct Buffer { data: *mut void, end: fn(@ctx data: *mut void) }"
    " entry fn get() -> own Buffer; entry fn put(b: own Buffer);",
    "drop": "struct Buffer { data: own *mut u8 @len(len) @drop(end), len: usize, end: fn(data: *mut u8) }"
    " entry fn get() -> own Buffer; entry fn put(b: own Buffer);",
    "variadic": "entry fn say(text: *const char @nul, ...) -> i32;",
    "manifest": "@manifest(json) entry fn manifest() -> *const char @nul @until(library);",
    "version": "compat integer(ABI); @version const ABI: u32 = 3;"
    " @handshake @version entry fn about() -> u32;",
    "dunder": "entry fn {NAME}___init__() -> u32;",
}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package for each description."""
    folder = tmp_path_factory.mktemp("small")
    for name, text in descriptions():
        for path, page in unformatted(library_of(text), "cffi").items():
            target = folder / path.removeprefix("python/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(page, encoding="utf-8")
        assert (folder / name).is_dir()
    return folder


def descriptions() -> Iterator[tuple[str, str]]:
    """By the name of their ABI. What is refused is left out, but nothing of what is written here."""
    for name, body in SMALL.items():
        text = described(f"small_{name}", body)
        library, report = read_text(text)
        assert library is not None, render_text(report)
        for output in OUTPUTS:
            output.limits(library, lay_out_all(library), report)
        assert not report.failed, render_text(report)
        yield f"small_{name}", text
    for index, example in enumerate(EXAMPLES):
        name = f"example{index}"
        text = re.sub(r"^abi \w+ ", f"abi {name} ", example.text, flags=re.MULTILINE)
        text = text if text != example.text else described(name, text)
        library, report = read_text(text)
        assert library is not None, render_text(report)
        for output in OUTPUTS:
            output.limits(library, lay_out_all(library), report)
        if not report.failed:
            yield name, text


def described(name: str, body: str) -> str:
    return f"abi {name} 1.2.0;\n{body.replace('{NAME}', name)}"


def test_mypy_is_content_with_small_packages(packages: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-pretty", "."],
        cwd=packages,
        env={**os.environ, "MYPYPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("Success"), done.stdout + done.stderr


def test_pyright_is_content_with_small_packages(packages: Path, tmp_path: Path) -> None:
    assert complaints(packages, tmp_path, *once(packages), mode="standard") == []


def once(packages: Path) -> Iterator[str]:
    """Of files of one name that say the same, one: three of four bytes are what all packages have."""
    met: set[tuple[str, str]] = set()
    for path in sorted(packages.rglob("*.py*")):
        known = path.name, path.read_text(encoding="utf-8")
        if known not in met:
            met.add(known)
            yield str(path)
