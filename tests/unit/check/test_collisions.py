"""Names that become one are refused, those that do not are not, and no generated file has a name that
the checks have not heard of."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from clang import cindex

from abilock.model.c_names import c_globals
from abilock.model.decls import Library
from abilock.model.naming import (
    header_names,
    rust_name,
    version_macros,
    witness_rows_macro,
    witness_symbol,
)
from abilock.model.python_names import PACKAGE_NAMES, type_name
from support.library import codes_of, library_at, library_of, read_text
from support.rendering import unformatted

ROOT = Path(__file__).parents[3]
DESCRIPTIONS = (
    *sorted((ROOT / "abi").glob("*.abi")),
    *sorted((ROOT / "tests/cases/good").glob("*.abi")),
)
#: All that a header may have for itself, in one description.
EVERYTHING = (
    'const TEXT: str = "x"; flags F: u8 { A = 1 }'
    ' @deprecated(1.0.0, "no") struct Old { @align(16) a: u8, _: union { b: u8, c: i8 } }'
    " @must_use entry fn f() -> u32; entry static s: u32;"
)
#: What carries the values of a type, in a package.
MADE = re.compile(
    r"(after|call|end|fail|fill|hand|lend|lift|lower|on|own|read|safe|take|tried|write)_\w+|\w+Proxy"
)
#: What libclang does not bring along.
C_HEADERS = {
    "./stdbool.h": "#ifndef __cplusplus\n#define bool _Bool\n#endif\n",
    "./stddef.h": "typedef __SIZE_TYPE__ size_t; typedef __PTRDIFF_TYPE__ ptrdiff_t;"
    "\n#ifndef __cplusplus\ntypedef __WCHAR_TYPE__ wchar_t;\n#endif\n"
    "\n#define offsetof(type, member) __builtin_offsetof(type, member)\n",
    "./stdint.h": "".join(
        f"typedef __INT{bits}_TYPE__ int{bits}_t; typedef __UINT{bits}_TYPE__ uint{bits}_t;\n"
        for bits in (8, 16, 32, 64)
    )
    + "#define UINTPTR_MAX __UINTPTR_MAX__\n",
}
CONVENTIONS = "system cdecl stdcall fastcall vectorcall thiscall win64 sysv64 aapcs".split()


def everything() -> Library:
    """Declarations that use every macro."""
    conventions = " ".join(
        f'extern "{name}" callback C{at}(x: u8);' for at, name in enumerate(CONVENTIONS)
    )
    return library_of(EVERYTHING + conventions)


@pytest.mark.parametrize(
    "text",
    [
        "struct S { free: u8, free_: u8 }",
        "vtable V { fn malloc(); fn malloc_(); }",
        "entry fn f(remove: u8, remove_: u8);",
        "enum E { new, new_ }",
        "struct S { head: struct { a: u8 } } struct S_head { b: u8 }",
        "struct S { _: struct { a: u8 }, anonymous_1: u8 }",
    ],
)
def test_names_that_stay_apart_are_accepted(text: str) -> None:
    assert codes_of(text) == []
    unformatted(library_of(text), "header", "rust", "cffi")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "struct S { errno: u8, errno_: u8 }",
            "`errno_` and `errno` are both `errno_` in C and C++",
        ),
        (
            "struct T { a: u8 } struct S { T: u8, T_: u8 }",
            "`T_` and `T` are both `T_` in C and C++",
        ),
        ("struct FILE { a: u8 } struct FILE_ { a: u8 }", "`FILE_` and `FILE` are both `FILE_`"),
        ("const TEST_DEPRECATED_TYPE: u8 = 1;", "both `TEST_DEPRECATED_TYPE` in C and C++"),
        ("struct TEST_assertion { a: u8 }", "both `TEST_assertion` in C and C++"),
        ("struct S { @align(16) a: u8 } struct AlignTo16 { a: u8 }", "both `AlignTo16` in Rust"),
        ("struct S { @align(4) a: u8, _align_a: u8 }", "both `_align_a` in Rust"),
        ("struct S { _: struct { a: u8 }, anonymous_0: u8 }", "both `anonymous_0` in Rust"),
        ("vtable V { h: struct { class: u8, class_: u8 } }", "both `class_` in C and C++"),
    ],
)
def test_names_that_become_one_are_refused(text: str, message: str) -> None:
    _, report = read_text(text)
    assert {found.code.number for found in report.diagnostics} == {"A0107"}
    assert any(message in found.message for found in report.diagnostics), report.diagnostics


def test_an_importer_leaves_the_macros_of_what_it_includes_alone() -> None:
    others = {"base.abi": "abi base 1.0.0; struct B { a: u8 }"}
    assert codes_of('import "base.abi"; const BASE_EXPORT: u8 = 1;', others) == ["A0107"]


# --- what is really generated


def libraries() -> Iterator[Library]:
    yield everything()
    yield from map(library_at, DESCRIPTIONS)


def header_scope(library: Library) -> set[str]:
    """Every macro, type, enumerator and function that libclang finds in a header, in C99 and C++."""
    found: set[str] = set()
    header = f"{library.name}.h"
    pages = unformatted(library, "header").items()
    made = {f"./{Path(path).name}": text for path, text in pages}
    for name, standard in (("x.c", "-std=c99"), ("x.cpp", "-std=c++11")):
        files = {name: f'#include "{header}"\n', **made, **C_HEADERS}
        unit = cindex.Index.create().parse(
            name,
            ["-w", standard, "-I."],
            unsaved_files=list(files.items()),
            options=cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD,
        )
        assert not [each for each in unit.diagnostics if each.severity >= cindex.Diagnostic.Error]
        found |= set(_names(unit.cursor, tuple(f"/{Path(each).name}" for each in made)))
    return found


def _names(cursor: cindex.Cursor, headers: tuple[str, ...]) -> Iterator[str]:
    for child in cursor.get_children():
        file = child.location.file
        if file is None or not file.name.endswith(headers):
            continue
        kind = child.kind
        is_name = kind is cindex.CursorKind.MACRO_DEFINITION or kind.is_declaration()
        # What has no name is spelled by where it stands.
        if is_name and re.fullmatch(r"\w+", child.spelling):
            yield child.spelling
        if kind in (cindex.CursorKind.ENUM_DECL, cindex.CursorKind.LINKAGE_SPEC) or (
            kind is cindex.CursorKind.UNEXPOSED_DECL
        ):
            yield from _names(child, headers)


@pytest.mark.slow
def test_headers_have_no_other_names() -> None:
    used: set[str] = set()
    for library in libraries():
        found = header_scope(library)
        declared = {name for each in library.declarations for name in c_globals(each)}
        assert declared <= found, sorted(declared - found)
        reserved = set(header_names(library.name))
        used |= {name.removeprefix(f"{library.name.upper()}_") for name in reserved & found}
        other = found - declared - reserved - set(version_macros(library.name))
        rows = witness_rows_macro(library.name, "")
        assert not [name for name in other if not name.startswith(rows)], sorted(other)
    every = {name.removeprefix("TEST_") for name in header_names("test")}
    # Whoever includes the header may define the first, and has the others where there is a witness.
    symbol = witness_symbol("test")
    assert every - used == {"PLUGIN", symbol, f"{symbol}_record"}


def test_rust_modules_have_no_other_names() -> None:
    for library in libraries():
        pages = unformatted(library, "rust")
        text, proof = (pages[f"rust/{library.name}{end}.rs"] for end in ("", ".witness"))
        item = r"^    pub (?:struct|union|enum|type|const|static|opaque) (?:r#)?(\w+)"
        assert set(re.findall(item.replace("    ", "", 1), proof, re.MULTILINE)) == {
            "Record",
            "RECORD",
        }
        found = set(re.findall(item, text, re.MULTILINE))
        declared = {rust_name(each.name).removeprefix("r#") for each in library.declarations}
        helpers = {name for name in found if any(name.startswith(f"{each}_") for each in declared)}
        other = found - declared - helpers - {"wchar_t"}
        assert all(re.fullmatch(r"AlignTo\d+", name) for name in other), sorted(other)


def module_scope(text: str) -> set[str]:
    """Names at the top of a Python module, and builtins that it uses."""
    tree = ast.parse(text)
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    found = {node.id for node in named} - {
        node.id for node in named if isinstance(node.ctx, ast.Store)
    }
    found -= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    found -= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    found = {name for name in found if hasattr(builtins, name)}
    body = [*tree.body]
    for node in tree.body:
        body += node.body if isinstance(node, ast.If) else []
    for node in body:
        match node:
            case ast.Import() | ast.ImportFrom():
                found |= {each.asname or each.name for each in node.names}
            case ast.ClassDef() | ast.FunctionDef():
                found.add(node.name)
            case ast.Assign():
                found |= {each.id for each in node.targets if isinstance(each, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
    return found


def handles(text: str) -> set[str]:
    """Classes of handles, which are named after what makes them."""
    classes = (node for node in ast.parse(text).body if isinstance(node, ast.ClassDef))
    return {
        node.name for node in classes if [ast.unparse(base) for base in node.bases] == ["Proxy"]
    }


@pytest.mark.slow
def test_packages_have_no_other_names() -> None:
    for library in libraries():
        pages = unformatted(library, "cffi")
        prefix = f"python/{library.name}/"
        for name in ("_types.py", "_bridge.py", "_loader.py"):
            found = module_scope(pages[f"{prefix}{name}"])
            types = module_scope(pages[f"{prefix}__init__.py"])
            types |= {type_name(each.name, each.attributes) for each in library.declarations}
            types |= handles(pages[f"{prefix}_bridge.py"])
            other = {each for each in found if each[0] != "_"} - types - PACKAGE_NAMES - {"*"}
            other = {each for each in other if not MADE.fullmatch(each)}
            assert not other, (library.name, name, sorted(other))
