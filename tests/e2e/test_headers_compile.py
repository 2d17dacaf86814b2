"""Generated headers and layout tests, held against gcc, clang, their C++ twins and cffi.

Compilers are asked with every warning as an error. clang comes with ziglang, which brings the
headers of foreign targets along, so that the layouts of all targets are checked on this machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from abilock.layout.target import TARGETS
from support.library import library_of
from support.pages import read_file, write_pages

ROOT = Path(__file__).parents[2]
CASES = (
    "tests/cases/good/kitchen_sink.abi",
    "tests/cases/good/clap.abi",
    *(f"abi/{name}.abi" for name in ("bmux", "drasi", "statevec")),
)
OUTPUTS = ("header", "layout", "layout_tests", "cffi")

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wconversion", "-Wsign-conversion")
WARNINGS += ("-Wundef", "-Wshadow", "-Wcast-qual", "-Wwrite-strings")
IN_C = ("-Wstrict-prototypes", "-Wmissing-prototypes")
IN_CXX = ("-Wold-style-cast", "-Wzero-as-null-pointer-constant")

ZIG = (sys.executable, "-m", "ziglang")
#: How zig names the targets. Windows' own headers do not come with it, and need not.
ZIG_TARGETS = {
    "x86_64-unknown-linux-gnu": "x86_64-linux-gnu",
    "aarch64-unknown-linux-gnu": "aarch64-linux-gnu",
    "x86_64-apple-darwin": "x86_64-macos",
    "aarch64-apple-darwin": "aarch64-macos",
    "x86_64-pc-windows-msvc": "x86_64-windows-msvc",
    "aarch64-pc-windows-msvc": "aarch64-windows-msvc",
    "x86_64-pc-windows-gnu": "x86_64-windows-gnu",
    "i686-unknown-linux-gnu": "x86-linux-gnu",
    "i686-pc-windows-msvc": "x86-windows-msvc",
    "armv7-unknown-linux-gnueabihf": "arm-linux-gnueabihf",
    "riscv64gc-unknown-linux-gnu": "riscv64-linux-gnu",
    "s390x-unknown-linux-gnu": "s390x-linux-gnu",
    "powerpc64le-unknown-linux-gnu": "powerpc64le-linux-gnu",
    "wasm32-unknown-unknown": "wasm32-freestanding",
}
#: What a layout test needs of a C library, for targets that come without one.
STUBS = {
    "stdio.h": "int printf(const char *, ...);",
    "string.h": "void *memset(void *, int, __SIZE_TYPE__);\n"
    "void *memcpy(void *, const void *, __SIZE_TYPE__);",
}


@pytest.fixture(scope="module", params=CASES, ids=lambda path: Path(path).stem)
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that C, C++ and cffi have of one description."""
    folder = tmp_path_factory.mktemp(Path(request.param).stem)
    write_tree(ROOT / request.param, folder)
    return folder


def write_tree(description: Path, folder: Path) -> None:
    library = read_file(description)
    write_pages(library, folder, *OUTPUTS)
    # Twice, as headers are included; and as a plugin does it, so that the entries are exported.
    text = f'#define {library.name.upper()}_PLUGIN\n#include "include/{library.name}.h"\n'
    for name in ("once.c", "once.cpp"):
        (folder / name).write_text(f'{text}#include "include/{library.name}.h"\n')
    for name, declared in STUBS.items():
        stub = folder / "stubs" / name
        stub.parent.mkdir(exist_ok=True)
        stub.write_text(f"{declared}\n")


def run(*command: str | Path, cwd: Path) -> str:
    """What the command says; it must succeed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{said}"
    return said


def refused(*command: str | Path, cwd: Path) -> str:
    """What the command complains of; it must fail."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode != 0, f"{' '.join(map(str, command))} found nothing"
    return done.stdout + done.stderr


# --- headers


@pytest.mark.tool("gcc")
@pytest.mark.parametrize("standard", ["c99", "c11", "c17", "c2x", "gnu11"])
def test_gcc_takes_the_header(tree: Path, standard: str) -> None:
    extra = () if standard == "c2x" else ("-Wc++-compat",)
    run("gcc", f"-std={standard}", *WARNINGS, *IN_C, *extra, "-c", "once.c", "-o", "x.o", cwd=tree)


@pytest.mark.tool("g++")
@pytest.mark.parametrize("standard", ["c++11", "c++17", "c++20", "c++23"])
def test_gxx_takes_the_header(tree: Path, standard: str) -> None:
    run("g++", f"-std={standard}", *WARNINGS, *IN_CXX, "-c", "once.cpp", "-o", "x.o", cwd=tree)


@pytest.mark.slow
@pytest.mark.parametrize("standard", ["c99", "c11", "c17", "c23"])
def test_clang_takes_the_header(tree: Path, standard: str) -> None:
    run(*ZIG, "cc", f"-std={standard}", *WARNINGS, *IN_C, "-c", "once.c", "-o", "x.o", cwd=tree)


@pytest.mark.slow
@pytest.mark.parametrize("standard", ["c++11", "c++17", "c++20", "c++23"])
def test_clangxx_takes_the_header(tree: Path, standard: str) -> None:
    command = ("c++", f"-std={standard}", *WARNINGS, *IN_CXX)
    run(*ZIG, *command, "-c", "once.cpp", "-o", "x.o", cwd=tree)


@pytest.mark.tool("gcc")
def test_gcc_agrees_on_i386(tree: Path) -> None:
    command = ("gcc", "-m32", "-std=c11", "-ffreestanding", "-Wall", "-Werror", "-Istubs")
    run(*command, "-fsyntax-only", "tests/layout.c", cwd=tree)


CONVENTIONS = """\
#include "include/test.h"
#define STDCALL __attribute__((stdcall))
const char *(STDCALL *entry)(int32_t) = test_entry;
int32_t (STDCALL *(*getter)(int32_t))(int32_t) = test_getter;
int32_t (*(STDCALL *maker)(int32_t))(int32_t) = test_maker;
void (STDCALL **inner)(int32_t) = &((S *)0)->inner;
void (*(STDCALL **outer)(void))(int32_t) = &((S *)0)->outer;
"""


@pytest.mark.tool("gcc")
@pytest.mark.parametrize("changed", ["", "entry", "getter", "maker", "inner", "outer"])
def test_a_convention_is_that_of_the_function_that_has_it(tmp_path: Path, changed: str) -> None:
    library = library_of(
        """
        struct S {
            inner: extern "stdcall" fn(a: i32),
            outer: extern "stdcall" fn() -> fn(a: i32),
        }
        entry extern "stdcall" fn test_entry(a: i32) -> *const char?;
        entry fn test_getter(a: i32) -> extern "stdcall" fn(a: i32) -> i32;
        entry extern "stdcall" fn test_maker(a: i32) -> fn(a: i32) -> i32;
        """
    )
    write_pages(library, tmp_path, "header")
    lines = [
        line.replace("STDCALL ", "") if f"{changed})" in line and changed else line
        for line in CONVENTIONS.splitlines()
    ]
    (tmp_path / "uses.c").write_text("\n".join(lines) + "\n")
    command = ("gcc", "-m32", "-ffreestanding", "-std=c11", "-Wall", "-Werror", "-fsyntax-only")
    if changed:
        assert "incompatible pointer type" in refused(*command, "uses.c", cwd=tmp_path)
    else:
        run(*command, "uses.c", cwd=tmp_path)


# --- layout tests


@pytest.mark.parametrize("standard", ["c99", "c11"])
def test_the_layout_test_passes_in_c(tree: Path, cc: list[str], standard: str) -> None:
    command = (*cc, f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
    run(*command, "tests/layout.c", "-o", "in_c", cwd=tree)
    run(tree / "in_c", cwd=tree)


def test_the_layout_test_passes_in_cxx(tree: Path, cxx: list[str]) -> None:
    command = (*cxx, "-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
    run(*command, "tests/layout.cpp", "-o", "in_cxx", cwd=tree)
    run(tree / "in_cxx", cwd=tree)


@pytest.mark.slow
@pytest.mark.parametrize("triple", [target.triple for target in TARGETS])
def test_the_layout_test_holds_on_every_target(tree: Path, triple: str) -> None:
    command = (*ZIG, "cc", "-target", ZIG_TARGETS[triple], "-std=c11", "-ffreestanding")
    warnings = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")
    run(*command, *warnings, "-Istubs", "-c", "tests/layout.c", "-o", "foreign.o", cwd=tree)


@pytest.mark.slow
def test_cffi_has_the_layouts(tree: Path) -> None:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "tests"),
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout, done.stdout


# --- each of them fails when it should


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A tree of two types, to break."""
    library = library_of(
        "struct S { a: u8, b: u32, lo: u32 : 3, hi: u32 : 5, p: *const S? }\n"
        "enum E { A, B }\nconst N: u8 = 7;"
    )
    write_pages(library, tmp_path, *OUTPUTS)
    (tmp_path / "once.c").write_text('#include "include/test.h"\n')
    (tmp_path / "once.cpp").write_text('#include "include/test.h"\n')
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("standard", ["c99", "c11"])
def test_a_moved_member_is_named(small: Path, cc: list[str], standard: str) -> None:
    edit(small / "include/test.h", "    uint32_t b;\n", "    uint64_t b;\n")
    said = refused(*cc, f"-std={standard}", "-c", "once.c", "-o", "x.o", cwd=small)
    assert "TEST_OFFSET(S, b, 4)" in said
    assert standard == "c99" or "S.b: another offset than 4" in said


def test_a_moved_member_is_named_in_cxx(small: Path, cxx: list[str]) -> None:
    edit(small / "include/test.h", "    uint32_t b;\n", "    uint64_t b;\n")
    said = refused(*cxx, "-std=c++11", "-c", "once.cpp", "-o", "x.o", cwd=small)
    assert "S.b: another offset than 4" in said


def test_the_layout_test_leaves_names_to_the_abi(
    tmp_path: Path, cc: list[str], cxx: list[str]
) -> None:
    own = ("CHECK", "ALIGNMENT", "VALUE", "BITS", "SIZE", "ALIGN", "MEMBER", "SIZE_IS", "MEMBER_IS")
    inside = ("bytes", "size", "name", "offset", "bits", "bit", "is_set", "value", "failures")
    library = library_of(
        "".join(f"const {name}: u8 = 7;" for name in (*own, *inside, "CHECK_"))
        + 'const TEXT: str = "a";\nstruct ALIGN_IS { a: u8, b: u32 : 3, c: usize }\n'
        + "entry fn check_bits(); entry static layout_check: u8;"
    )
    write_pages(library, tmp_path, *OUTPUTS)
    strict = ("-Wall", "-Wextra", "-Werror")
    run(*cc, "-std=c99", *strict, "tests/layout.c", "-o", "in_c99", cwd=tmp_path)
    run(*cc, "-std=c11", *strict, "tests/layout.c", "-o", "in_c11", cwd=tmp_path)
    run(*cxx, "-std=c++11", *strict, "tests/layout.cpp", "-o", "in_cxx", cwd=tmp_path)
    for program in ("in_c99", "in_c11", "in_cxx"):
        run(tmp_path / program, cwd=tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("SIZE_IS(E, 4);", "SIZE_IS(E, 8);", "E: size 8"),
        ("SIZE(S, 24, 16);", "SIZE(S, 20, 16);", "S: size 20"),
        ("MEMBER(S, b, 4, 4, 4, 4);", "MEMBER(S, b, 5, 4, 4, 4);", "S.b: offset 5"),
        ("MEMBER(S, b, 4, 4, 4, 4);", "MEMBER(S, b, 4, 5, 4, 4);", "S.b: size 5"),
        ("VALUE(E_B, 1ll);", "VALUE(E_B, 2ll);", "E_B"),
        ("#if N != 7ll", "#if N != 8ll", "N has another value"),
    ],
)
def test_the_layout_test_fails(small: Path, cc: list[str], old: str, new: str, said: str) -> None:
    edit(small / "tests/layout.c", old, new)
    assert said in refused(*cc, "-std=c11", "-c", "tests/layout.c", "-o", "x.o", cwd=small)


def test_the_layout_test_finds_a_moved_bit(small: Path, cc: list[str]) -> None:
    edit(small / "include/test.h", "uint32_t lo : 3;", "uint32_t lo : 4;")
    edit(small / "include/test.h", "uint32_t hi : 5;", "uint32_t hi : 4;")
    run(*cc, "-std=c11", "tests/layout.c", "-o", "in_c", cwd=small)
    assert "S.lo: bit" in refused(small / "in_c", cwd=small)


@pytest.mark.parametrize(
    ("old", "new"),
    [("    uint8_t a;", "    uint64_t a;"), ("uint32_t hi : 5;", "uint32_t hi : 4;")],
)
def test_the_pytest_fails(small: Path, old: str, new: str) -> None:
    edit(small / "python/test/_cdef.py", old, new)
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".")
    assert "test_struct[S]" in refused(*command, "tests", cwd=small)
