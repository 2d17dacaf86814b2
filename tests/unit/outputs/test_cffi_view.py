"""The Python package: what cffi can be told, and enums that are what the ABI says."""

from __future__ import annotations

import importlib
import io
import re
import sys
from collections.abc import Iterator
from enum import IntEnum, IntFlag
from pathlib import Path
from types import ModuleType

import cffi
import pytest

from abilock.model.attributes import Attributes
from abilock.outputs.cffi.cdef import cdef, native_cdef
from abilock.outputs.cffi.view import enum_member
from abilock.pipeline import lay_out_all
from support.library import library_of
from support.pages import write_pages
from support.rendering import unformatted


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where generated packages are imported from, and forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path / "python"))
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        del sys.modules[name]


def package(folder: Path, text: str) -> ModuleType:
    write_pages(library_of(text), folder, "cffi")
    return importlib.import_module("test")


def names(text: str) -> tuple[list[int], tuple[str, ...], tuple[str, ...]]:
    library = library_of(text)
    made = cdef(library, lay_out_all(library))
    ffi = cffi.FFI()
    for part in made.parts:
        ffi.cdef("\n".join(part.lines), pack=part.pack or None)
    return [part.pack for part in made.parts], made.unaligned, made.unsupported


def test_packed_types_are_told_apart() -> None:
    text = "struct A { a: u8 } @packed struct B { a: A, b: u32 } @packed(2) struct C { b: B }"
    assert names(f"{text} struct D {{ c: C }}") == ([0, 1, 2, 0], (), ())


def test_raised_alignments_are_spelled_out_where_targets_agree() -> None:
    text = "@align(16) struct A { a: u8 } struct B { a: A, b: u8 } struct C { a: *const A }"
    assert names(text) == ([0, 1, 0], ("A", "B"), ())


def test_what_targets_disagree_on_is_opaque_and_what_passes_it_an_address() -> None:
    text = """
        @align(16) struct A { a: u8, p: *const void }
        struct B { a: A }
        struct C { a: *const B, call: fn(b: B) -> void }
        callback Cb(a: A);
        vtable V { state: *mut void; fn get(self: const) -> B; cb: Cb }
        entry fn take(b: B);
        entry fn point(b: *const B);
    """
    assert names(text)[1:] == ((), ("A", "B"))
    library = library_of(text)
    lines = [line for part in cdef(library, lay_out_all(library)).parts for line in part.lines]
    assert "    void *call;" in lines
    assert "typedef void *Cb;" in lines
    assert "    void *get;" in lines
    assert "void point(const B *b);" in lines
    assert not any("take" in line for line in lines)


def test_unions_with_raised_alignment_have_their_size(folder: Path) -> None:
    module = package(folder, "@align(16) union U { a: u8, b: [u8; 20] } struct S { u: U, c: u8 }")
    cdef_module = importlib.import_module(f"{module.__name__}._cdef")
    ffi = cffi.FFI()
    cdef_module.declare(ffi)
    assert (ffi.sizeof("U"), ffi.sizeof("S"), ffi.offsetof("S", "c")) == (32, 48, 32)


def test_enums_are_those_of_the_abi(folder: Path) -> None:
    module = package(
        folder,
        "enum Closed { A, B = 7, C = B } open enum Open: u16 { K = 1 } flags Bits: u8 { R = 1, W = 2 }"
        ' const N: usize = 3; const S: str = "caf\\u{e9} \\"\'\\\\";',
    )
    assert issubclass(module.Closed, IntEnum)
    assert module.Closed(7) is module.Closed.C is module.Closed.B
    with pytest.raises(ValueError, match="3 is not a valid Closed"):
        module.Closed(3)
    unknown = module.Open(99)
    assert (unknown, unknown.name, isinstance(unknown, module.Open)) == (99, "unknown_99", True)
    with pytest.raises(ValueError, match="'x' is not a valid Open"):
        module.Open("x")
    assert issubclass(module.Bits, IntFlag)
    assert int(module.Bits.R | module.Bits.W | 4) == 7
    assert (module.N, module.S, module.__version__) == (3, "café \"'\\", "1.2.0")
    assert {"Bits", "Closed", "N", "Open", "S", "load", "CallError"} <= set(module.__all__)
    assert module.__all__ == sorted(module.__all__)


def test_values_may_have_names_that_python_keeps(folder: Path) -> None:
    names = ("mro", "name", "_x_", "None", "__x", "x_", "_")
    assert [enum_member(name, Attributes()) for name in names] == [
        *("mro_", "name_", "_x__", "None_", "x__", "x_", "_"),
    ]
    text = "enum E { mro, name, value, _x_, None, real, to_bytes, _missing_, IntEnum }"
    module = package(folder, text)
    assert [int(value) for value in module.E] == list(range(9))


def test_docs_stay_docs(folder: Path) -> None:
    text = (
        '/// """\n/// import os\\\nenum E {\n/// a\\\n/// """ x\nA }\n/// "\nstruct S { a: u8 }\n'
    )
    module = package(folder, text)
    assert (module.E.__doc__ or "").strip() == '"""\nimport os\\'


def test_a_version_in_a_constant_is_the_one_that_plugins_are_judged_by() -> None:
    text = """
    struct About { @version sdk: *const char @nul }
    @handshake entry fn about() -> *const About @until(library);
    """
    wanted = "require_version(library, 'major.minor', {!r}, "
    assert wanted.format("1.2.0") in _text(text)
    assert wanted.format("3.4.5") in _text(f'{text} @version const SDK: str = "3.4.5";')


def _text(text: str) -> str:
    return "".join(unformatted(library_of(text), "cffi").values())


# --- the compiled mode

#: What cffi cannot leave to a compiler, though parts of it could be.
HELD = {
    "nested": "struct T { a: u32 } struct S { n: u8, u: union { t: T, f: f64 } }",
    "without_name": "struct T { a: u32 } struct S { n: u8, _: union { t: T, f: f64 } }",
    "in_vtables": "struct T { a: u32 } vtable S { state: *mut void, u: struct { t: T }, fn f(self: mut) }",
    "beside_bits": "struct T { a: u32 } struct S { n: u8 : 3, t: T }",
    "by_aliases": "struct R { a: u32 } struct T { r: R } type U = T; struct S { n: u8 : 3, t: [U; 2] }",
    "packed": "@packed struct T { a: u8, b: u32 } struct S { n: u8, u: struct { t: T } }",
    "packed_bits": "@packed struct T { a: u8 : 3, b: u32 } struct S { n: u8, t: T }",
}


@pytest.mark.parametrize("name", HELD)
def test_what_holds_types_is_known_in_the_compiled_mode(name: str) -> None:
    assert "S" in natively(HELD[name])


def test_what_no_compiler_tells_cffi_is_opaque_in_the_compiled_mode() -> None:
    text = (
        "@packed(2) struct P { a: u8 : 3, b: u32 } struct H { p: P }"
        " struct A { u: struct { k: u8, _: union { a: u32, b: u8 } } } callback C(a: A);"
    )
    assert natively(f"{text} struct S {{ h: *const H, a: *const A }}") == {"S"}
    assert set(names(text)[2]) == {"A", "H", "P"}


def natively(text: str) -> set[str]:
    """The structs whose members cffi knows, once it has written its C for the description."""
    library = library_of(text)
    ffi = cffi.FFI()
    for part in native_cdef(library, lay_out_all(library)):
        ffi.cdef("\n".join(part.lines), pack=part.pack or None)
    ffi.set_source("compiled", "")
    written = io.StringIO()
    ffi.emit_c_code(written)
    known = re.findall(r'^  \{ "(\w+)", \d+, (?!_CFFI_F_OPAQUE)', written.getvalue(), re.MULTILINE)
    return set(known) & {each.name for each in library.declarations}
