"""Headers and layout tests of odd descriptions: every compiler takes them without a warning."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from abilock.portable import MAX_NAME, MAX_REMARK, MAX_TEXT
from support.compilers import STRICT, ask_libclang
from support.library import library_at, library_of
from support.pages import write_pages
from support.rendering import header_text

ROOT = Path(__file__).parents[2]
DESCRIPTIONS = sorted([*ROOT.glob("abi/*.abi"), *ROOT.glob("tests/cases/good/*.abi")])
#: By ABI name. Each has been a warning or an error of one compiler.
CORNERS = {
    "packed_around_aligned": """
        @align(16) struct Wide { a: u8 }
        struct Holder { a: u8, @align(8) b: u16 }
        type Also = Wide;
        @packed struct One { a: u8, wide: Wide }
        @packed(2) struct Two { a: u8, holder: Holder, nested: struct { also: Also } }
        @packed struct Three { a: u8, many: [Holder; 2] }
    """,
    "nameless": """
        struct OnlyStruct { _: struct { a: u32 } }
        struct OnlyUnion { _: union { a: u32, b: f32 } }
        struct Deep { inner: struct { _: union { a: u32, _: struct { b: u8, c: u8 } } } }
        union Either { _: struct { a: u8 }, _: struct { b: u16 } }
        struct Bits { _: u64 : 3, wide: u64 : 40, narrow: u16 : 3 }
    """,
    "thiscalls": """
        callback Made(object: *mut void, by: (extern "thiscall" fn(a: i32) -> i32) @scope(call));
        extern "thiscall" callback Method(object: *mut void, a: i32) -> i32;
        type Alias = extern "thiscall" fn(object: *mut void) -> u8;
        struct S { method: extern "thiscall" fn(a: i32), inner: struct { m: (extern "thiscall" fn())? } }
        vtable V { state: *mut void; extern "thiscall" fn run(self: mut, a: i32) -> Method; }
        entry extern "thiscall" fn thiscalls_run(object: *mut void);
        entry fn thiscalls_take(method: extern "thiscall" fn(a: i32) @scope(call)) -> Method;
        entry static thiscalls_hook: (extern "thiscall" fn(a: i32))?;
    """,
    "nothing": "",
    "numbers": "const A: u8 = 1; const NUMBERS_NOTHING: u8 = 2; const NUMBERS_NOTHING_: u8 = 3;",
    "entries": "entry fn entries_go(a: i32);",
    "library_names": """
        const INT_MAX: u32 = 1; const EOF: u8 = 2; const NULL: u8 = 3; const stdin: u8 = 4;
        const errno: u8 = 5; const assert: u8 = 6; const offsetof: u8 = 7; const PATH_MAX: u8 = 8;
        const std: u8 = 9; const EINVAL: u8 = 10; const PRIu32: str = "x"; const sin: u8 = 11;
        struct FILE { errno: u8, free: u8, stdin: u8, main: u8 }
        struct tm { file: *mut FILE?, isnan: u8 }
        union malloc { a: u8, tm: tm }
        opaque div_t;
        callback main(a: i32);
        open enum SEEK: u8 { SET, CUR, END }
        enum time { LC_ALL, now }
        vtable printf { state: *mut void; fn free(self: mut, printf: u8); fn stderr(self: mut, std: u8); }
        entry fn library_names_main(main: main @scope(call), sin: *const div_t, m: *const malloc);
    """,
    "deprecated": """
        @deprecated(0.9.0, "Use \\"New\\".") struct Old { a: u8, next: *const Old? }
        @deprecated(0.9.0) union OldUnion { a: u8 }
        @deprecated(0.9.0) vtable OldTable { state: *mut void; fn get(self: const) -> Old; }
        @deprecated(0.9.0) enum OldEnum { A }
        @deprecated(0.9.0) open enum OldOpen: u8 { A }
        @deprecated(0.9.0) opaque OldOpaque;
        @deprecated(0.9.0) type OldAlias = u32;
        @deprecated(0.9.0) callback OldCallback(old: *const Old);
        struct New {
            old: Old, either: OldUnion, table: OldTable, mode: OldEnum, open: OldOpen,
            @deprecated(0.9.0) opaque: *mut OldOpaque,
            @deprecated(0.9.0) _: union { alias: OldAlias, wide: u64 },
            call: OldCallback,
            @deprecated(0.9.0) bits: u64 : 3,
        }
        @deprecated(0.9.0) entry fn deprecated_old(old: OldAlias) -> OldEnum;
        entry fn deprecated_new(old: OldCallback @scope(once)) -> *mut New;
    """,
    "own_versions": """
        const OWN_VERSIONS_VERSION: u32 = 7;
        enum OWN_VERSIONS_VERSION_MINOR { X }
        struct S { OWN_VERSIONS_VERSION_PATCH: u8, a: OWN_VERSIONS_VERSION_MINOR }
    """,
    "texts": """
        /// See /usr/*/lib, or */lib: C:\\dir\\
        /// what??/
        /// \\
        /// */ int evil; /*
        struct S {
            /// One line: \\
            a: u8,
            /// One line: ??/
            b: u8,
            /// /*
            /// *\\
            c: fn(
                /// Given as */ \\
                x: u8) -> void,
        }
        /// //\\
        enum E { /// *\\
            A }
        /// Last: C:\\
        const N: u8 = 1;
    """,
}
WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wundef", "-Wshadow", "-Wcomment")
C_STANDARDS, CXX_STANDARDS = ("c99", "c11", "c2x", "gnu17"), ("c++11", "c++17", "c++20")
#: What a program may include beside the header. C++ takes long to read it.
LIBRARY = {
    "c": """assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal
    stdarg stdbool stddef stdint stdio stdlib string time wchar wctype""".split(),
    "cpp": "assert errno limits stdio stdlib time".split(),
}
#: Where it matters what is included beside the header.
AMONG_OTHERS = ("library_names", "deprecated")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".")


def described(name: str) -> str:
    """The description, with a doc text of its own for the one about texts."""
    evil = "/// */ /*\n/// \\\n" if name == "texts" else ""
    return f"{evil}abi {name} 1.2.3;\n{CORNERS[name]}"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder per ABI, and a program for each way to include its header."""
    folder = tmp_path_factory.mktemp("corners")
    for name in CORNERS:
        library = library_of(described(name))
        write_pages(library, folder / name, "header", "layout", "layout_tests", "cffi")
        include = f'#include "include/{name}.h"\n'
        for suffix, others in LIBRARY.items():
            library_text = "".join(f"#include <{other}.h>\n" for other in others)
            programs = {"alone": f"{include}{include}"}
            if name in AMONG_OTHERS:
                programs["exported"] = f"#define {name.upper()}_PLUGIN\n{include}"
                programs["behind"] = f"{library_text}{include}"
                programs["before"] = f"{include}{library_text}"
            for kind, text in programs.items():
                (folder / name / f"{name}_{kind}.{suffix}").write_text(text)
    return folder


def complaints(*command: str | Path, cwd: Path) -> str:
    """What a command says that fails; nothing if it succeeds."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    return f"{' '.join(map(str, command))}\n{said}" if done.returncode else ""


def sources(tree: Path, pattern: str) -> list[str]:
    found = sorted(path for name in CORNERS for path in (tree / name).glob(pattern))
    assert found
    return [str(path.relative_to(tree)) for path in found]


@pytest.mark.slow
@pytest.mark.tool("gcc", "clang")
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("standard", C_STANDARDS)
def test_headers_in_c(tree: Path, compiler: str, standard: str) -> None:
    command = (compiler, f"-std={standard}", *WARNINGS, "-fsyntax-only")
    assert not complaints(*command, *sources(tree, "*.c"), cwd=tree)


@pytest.mark.slow
@pytest.mark.tool("g++", "clang")
@pytest.mark.parametrize("compiler", ["g++", "clang++"])
@pytest.mark.parametrize("standard", CXX_STANDARDS)
def test_headers_in_cxx(tree: Path, compiler: str, standard: str) -> None:
    command = (compiler, f"-std={standard}", *WARNINGS, "-fsyntax-only")
    assert not complaints(*command, *sources(tree, "*.cpp"), cwd=tree)


@pytest.mark.tool("gcc", "g++", "gcc-multilib")
@pytest.mark.parametrize(
    ("compiler", "standard"), [("gcc", "c99"), ("gcc", "c17"), ("g++", "c++17")]
)
def test_headers_on_i386(tree: Path, compiler: str, standard: str) -> None:
    command = (compiler, "-m32", f"-std={standard}", *WARNINGS, "-fsyntax-only")
    # The library of C++ may be there for one word size only.
    found = sources(tree, "*_alone.cpp" if compiler == "g++" else "*.c")
    assert not complaints(*command, *found, cwd=tree)


@pytest.mark.slow
@pytest.mark.tool("gcc", "clang")
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("standard", ["c99", "c11", "c2x"])
def test_layout_tests_in_c(tree: Path, compiler: str, standard: str) -> None:
    for source in sources(tree, "tests/layout.c"):
        command = (compiler, f"-std={standard}", *WARNINGS, source, "-o", "test")
        assert not complaints(*command, cwd=tree)
        assert not complaints(tree / "test", cwd=tree)


@pytest.mark.slow
@pytest.mark.tool("g++", "clang")
@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_layout_tests_in_cxx(tree: Path, compiler: str) -> None:
    for source in sources(tree, "tests/layout.cpp"):
        command = (compiler, "-std=c++11", *WARNINGS, source, "-o", "test")
        assert not complaints(*command, cwd=tree)
        assert not complaints(tree / "test", cwd=tree)


@pytest.mark.slow
@pytest.mark.parametrize("name", CORNERS)
@pytest.mark.parametrize("cplusplus", [False, True])
def test_clang_takes_headers_on_every_target(name: str, cplusplus: bool) -> None:
    """With clang's warnings of extensions, which Microsoft's own ways do not silence."""
    library = library_of(described(name))
    text = header_text(library)
    for triple in library.targets:
        standard = ("c++", "-std=c++17") if cplusplus else ("c", "-std=c11")
        ask_libclang(text, (), triple, standard[0], (*STRICT, standard[1]))


@pytest.mark.slow
@pytest.mark.parametrize("path", DESCRIPTIONS, ids=lambda path: path.stem)
def test_clang_takes_descriptions_in_cxx_on_every_target(path: Path) -> None:
    library = library_at(path)
    text = header_text(library)
    for triple in library.targets:
        ask_libclang(text, (), triple, "c++", (*STRICT, "-std=c++17"))


@pytest.mark.slow
def test_cffi_takes_them(tree: Path) -> None:
    assert not complaints(*PYTEST, *sources(tree, "tests/test_*.py"), cwd=tree)


# --- what the headers say


def warnings(compiler: str, text: str, folder: Path) -> list[str]:
    """The lines of ``text`` of which a compiler warns."""
    source = folder / ("uses.cpp" if compiler.endswith("++") else "uses.c")
    source.write_text(text)
    command = (compiler, "-Wall", "-fsyntax-only", source.name)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = text.splitlines()
    found = {int(line.split(":")[1]) for line in done.stderr.splitlines() if ": warning: " in line}
    assert all(
        line.startswith("uses.") for line in done.stderr.splitlines() if ": warning: " in line
    )
    return [lines[number - 1] for number in sorted(found)]


@pytest.mark.tool("gcc", "g++", "clang")
@pytest.mark.parametrize("compiler", ["gcc", "g++", "clang", "clang++"])
def test_whoever_uses_a_deprecated_type_is_warned(
    tree: Path, tmp_path: Path, compiler: str
) -> None:
    outdated = [
        *("Old *a;", "OldUnion *b;", "OldTable *c;", "OldEnum d;", "OldOpen e;", "OldOpaque *f;"),
        *("OldAlias g;", "OldCallback h;"),
    ]
    include = f'#include "{tree}/deprecated/include/deprecated.h"\n'
    text = include + "".join(f"{line}\n" for line in (*outdated, "New *fine;"))
    assert warnings(compiler, text, tmp_path) == outdated
    silent = f"#define DEPRECATED_DEPRECATED(why)\n{text}"
    assert warnings(compiler, silent, tmp_path) == []


def test_a_version_is_three_numbers_and_a_text(tmp_path: Path, cc: list[str]) -> None:
    write_pages(library_of("abi shop 1.20.3-rc.1;\nstruct S { a: u8 }"), tmp_path, "header")
    (tmp_path / "version.c").write_text(
        '#include "include/shop.h"\n#include <string.h>\n'
        "#if SHOP_VERSION_MAJOR != 1 || SHOP_VERSION_MINOR != 20 || SHOP_VERSION_PATCH != 3\n"
        "#error another version\n#endif\n"
        'int main(void) { return strcmp(SHOP_VERSION, "1.20.3-rc.1"); }\n'
    )
    assert not complaints(*cc, "-std=c99", "version.c", "-o", "version", cwd=tmp_path)
    assert not complaints(tmp_path / "version", cwd=tmp_path)


def test_a_version_leaves_names_to_the_description(tree: Path) -> None:
    text = (tree / "own_versions/include/own_versions.h").read_text()
    assert "#define OWN_VERSIONS_VERSION 7u\n" in text
    assert "#define OWN_VERSIONS_VERSION_MAJOR 1\n" in text
    assert "#define OWN_VERSIONS_VERSION_PATCH 3\n" in text
    assert "#define OWN_VERSIONS_VERSION_MINOR" not in text
    assert text.count("#define OWN_VERSIONS_VERSION ") == 1
    assert "uint8_t OWN_VERSIONS_VERSION_PATCH_;" in text


def test_texts_come_out_whole(tree: Path) -> None:
    text = (tree / "texts/include/texts.h").read_text()
    for line in (" * See /usr/ * /lib, or * /lib: C:\\dir\\", " * what?? /", " * \\"):
        assert f"{line}\n" in text
    assert "/** One line: \\ */\n" in text


def test_the_longest_text_and_names_compile(tmp_path: Path, cc: list[str], cxx: list[str]) -> None:
    text, name = "x" * MAX_TEXT, "a" * MAX_NAME
    description = f"""abi lengths 1.0.0; const TEXT: str = "{text}";
        @deprecated(1.0.0, "{text[:MAX_REMARK]}") struct Old {{ a: u8 }}
        open enum {name}: u8 {{ {name}, {name[:-1]}b }} entry fn {name[:-1]}c() -> {name};
        vtable {name[:-1]}d {{ state: *mut void, fn {name}({name}: {name}) -> {name}; }}"""
    write_pages(library_of(description), tmp_path, "header", "layout", "layout_tests", "cffi")
    program = (
        '#include "include/lengths.h"\n'
        f"int main(void) {{ return sizeof TEXT == {MAX_TEXT + 1} && TEXT[0] == 'x' ? 0 : 1; }}\n"
    )
    (tmp_path / "text.c").write_text(program)
    (tmp_path / "text.cpp").write_text(program)
    for compiler in {tuple(cc), ("gcc",), ("clang",)}:
        if shutil.which(compiler[0]):
            assert not complaints(
                *compiler, "-std=c99", *WARNINGS, "text.c", "-o", "text", cwd=tmp_path
            )
            assert not complaints(tmp_path / "text", cwd=tmp_path)
    assert not complaints(*cxx, "-std=c++11", *WARNINGS, "text.cpp", "-o", "text", cwd=tmp_path)


# --- the generated pytest


@pytest.mark.slow
def test_an_abi_may_be_called_as_a_module(tmp_path: Path) -> None:
    names = ("zlib", "py", "pytest", "csv")
    for name in names:
        library = library_of(f"abi {name} 1.0.0;\nstruct S {{ a: u8, b: u32 }} enum E {{ A }}")
        write_pages(library, tmp_path / name, "layout", "layout_tests", "cffi")
    # From the folder in which the folders of all ABIs are, and from its own.
    assert "12 passed" in ran(*PYTEST, *(f"{name}/tests" for name in names), cwd=tmp_path)
    assert "3 passed" in ran(*PYTEST, "tests", cwd=tmp_path / "zlib")


def test_packed_bit_fields_that_cffi_cannot_place_are_left_out(tmp_path: Path) -> None:
    library = library_of(
        "@packed struct M { c: u16 : 3, d: u32 : 30 } @packed struct Fine { c: u16 : 3, d: u32 : 29 }"
        " struct Holds { m: M } struct Points { m: *const M } enum E { A }"
    )
    write_pages(library, tmp_path, "layout", "layout_tests", "cffi")
    text = (tmp_path / "python/test/_cdef.py").read_text()
    assert "UNSUPPORTED: Tuple[str, ...] = ('Holds', 'M')" in text
    assert "4 passed, 2 skipped" in ran(*PYTEST, "tests", cwd=tmp_path)


def ran(*command: str, cwd: Path) -> str:
    """What a command says; it must succeed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


WORDS = """__attribute__ __int128 __inline __asm __thread __FILE__ __COUNTER__ __x86_64__ __linux__ _Pragma
    _Float64 __auto_type __cplusplus __builtin_trap __extension__""".split()


def test_words_of_compilers_are_escaped(tmp_path: Path, cc: list[str], cxx: list[str]) -> None:
    members = ", ".join(f"{name}: u8" for name in WORDS)
    types = " ".join(f"struct {name} {{ a: u8 }}" for name in WORDS if "x86" not in name)
    write_pages(
        library_of(f"abi words 1.0.0; struct S {{ {members} }} {types}"), tmp_path, "header"
    )
    header = str(tmp_path / "include/words.h")
    strict = ("-Wall", "-Wextra", "-Werror", "-c", "-o", "words.o")
    ran(*cc, *strict, "-xc", header, cwd=tmp_path)
    ran(*cxx, *strict, "-xc++", header, cwd=tmp_path)


def test_what_is_nested_deeply_is_written(tmp_path: Path, cc: list[str]) -> None:
    doc = "/// A remark that is broken somewhere: no line is as long as this one at any depth."
    text = f"{doc}\n" + "a: struct { " * 60 + "x: u8 " + "}" * 60
    library = library_of(f"abi deep 1.0.0;\nstruct A {{\n{text} }}")
    write_pages(library, tmp_path, "header", "rust", "docs", "layout", "cffi")
    header = str(tmp_path / "include/deep.h")
    ran(*cc, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-xc", header, cwd=tmp_path)
