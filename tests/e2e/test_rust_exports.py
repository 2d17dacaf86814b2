"""Plugins in Rust that export variables, and objects that are their own context."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from support.library import library_of
from support.rendering import rendered

pytestmark = [pytest.mark.slow, pytest.mark.tool("rustc")]

DESCRIPTION = """
abi rust_exports 1.0.0;
@object(self) vtable Counter {
    count: i32,
    fn next(self: mut) -> i32;
    fn sum(count: u32, ...) -> i32;
}
vtable Entry {
    name: *const char @nul,
    fn counter() -> *mut Counter;
}
@c("rust_entry") @handshake entry static const exported: Entry;
entry static const numbers: [i32; 2];
entry static level: *const char @nul;
"""

PLUGIN = r"""
#![deny(warnings)]
#[path = "rust/rust_exports.rs"]
#[allow(dead_code)]
mod rust_exports;
use rust_exports::*;

unsafe extern "C" fn next(this: *mut Counter) -> i32 {
    (*this).count += 1;
    (*this).count
}
extern "C" {
    fn test_sum(count: u32, ...) -> i32;
}
unsafe extern "C" fn counter() -> *mut Counter {
    Box::into_raw(Box::new(Counter { count: 40, next, sum: test_sum }))
}
#[no_mangle]
pub static rust_entry: exported_static = Entry { name: c"rust".as_ptr(), counter };
#[no_mangle]
pub static numbers: numbers_static = [3, 4];
#[no_mangle]
pub static mut level: level_static = c"high".as_ptr();
"""

SUM = r"""
#include <stdarg.h>
#include <stdint.h>
int32_t test_sum(uint32_t count, ...) {
    va_list given;
    va_start(given, count);
    int32_t sum = 0;
    while (count--) sum += va_arg(given, int);
    va_end(given);
    return sum;
}
"""


def test_a_plugin_in_rust(cc: list[str], tmp_path: Path) -> None:
    for path, text in rendered(library_of(DESCRIPTION), "rust", "cffi").items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (tmp_path / "sum.c").write_text(SUM)
    (tmp_path / "plugin.rs").write_text("#![allow(non_upper_case_globals)]\n" + PLUGIN.lstrip())
    run(tmp_path, *cc, "-c", "-fPIC", "sum.c", "-o", "sum.o")
    options = ("--edition", "2021", "--crate-type", "cdylib", "-C", "link-arg=sum.o")
    run(tmp_path, "rustc", *options, "-o", "plugin.so", "plugin.rs")
    sys.path.insert(0, str(tmp_path / "python"))
    try:
        package = importlib.import_module("rust_exports")
    finally:
        sys.path.remove(str(tmp_path / "python"))
    plugin = package.load(tmp_path / "plugin.so")
    assert plugin.exported.name == "rust"
    counter = plugin.exported.counter()
    assert (counter.next(), counter.next(), counter.count) == (41, 42, 42)
    ffi = importlib.import_module("cffi").FFI()
    assert counter.sum(2, ffi.cast("int", 5), ffi.cast("int", 6)) == 11
    assert plugin.numbers == [3, 4]
    assert plugin.level == "high"


def run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
