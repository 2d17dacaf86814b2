"""ABIs that import others: their headers go together in one unit, and each declares what is its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import cffi
import pytest

from support.pages import read_file, write_pages

GEN = Path(__file__).parents[2] / "gen"
#: A chain (left, base, root) and a diamond (right imports base and root).
DESCRIPTIONS = {
    "root": """
        abi root 3.0.0;
        const ROOT_LIMIT: u32 = 9;
        struct Str { ptr: *const char, len: usize }
        @deprecated(2.0.0, "Use Str.") struct Old { a: u8 }
        entry fn root_free(text: Str);
    """,
    "base": """
        abi base 1.2.3-beta.1;
        import "root.abi";
        targets "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "i686-unknown-linux-gnu";
        /// The heap of the host.
        allocator heap = malloc/free;
        const LIMIT: u32 = 7;
        enum Mode { On, Off }
        open enum Kind: u8 { A = 1 }
        /// A member that is called as the type of an importer.
        struct Pair { name: Str, number: c_long, mode: Mode, Kind: Kind, Left: u8 }
        callback Done(ctx: *mut void, pair: *const Pair);
        vtable convention Object {
            state: *mut void;
            ...
            fn name(self: const) -> Str;
            drop fn drop(self: own);
        }
        entry fn base_alloc(size: usize) -> *mut void;
        entry fn base_free(block: *mut void);
        entry static base_level: u8;
    """,
    "left": """
        abi left 1.0.0;
        import "base.abi";
        const LEFT_LIMIT: u32 = LIMIT + 1;
        struct Left { pair: Pair, next: *const Left?, LIMIT: u8 }
        vtable LeftTable: Object {
            fn run(self: mut, pair: own *const Pair @owned(heap), done: Done @scope(once)) -> Kind;
        }
        entry fn left_open() -> own *mut LeftTable?;
    """,
    "right": """
        abi right 2.0.0;
        targets "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu";
        import "base.abi";
        import "root.abi";
        struct Right { pair: Pair, text: Str, old: Old }
        entry fn right_take(value: Right);
    """,
}
USES = """\
#include <string.h>
#include "left/include/left.h"
#include "right/include/right.h"
#include "base/include/base.h"

static Str name(const void *self) {
    return ((const Pair *)self)->name;
}

int main(void) {
    static const Str text = {"shared", 6};
    Right right;
    LeftTable table;
    memset(&right, 0, sizeof right);
    memset(&table, 0, sizeof table);
    right.pair.name = right.text = text;
    right.pair.mode = Mode_Off;
    table.state = &right.pair;
    table.name = name;
    if (table.name(table.state).len != 6 || ROOT_LIMIT + LIMIT != 16 || LEFT_LIMIT != 8) return 1;
    return sizeof BASE_VERSION == sizeof "1.2.3-beta.1" && RIGHT_VERSION_MAJOR == 2 ? 0 : 2;
}
"""
WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wundef", "-Wshadow")
COMPILERS = (
    *(("gcc", standard) for standard in ("c99", "c11", "c2x")),
    *(("g++", standard) for standard in ("c++11", "c++20")),
    *(("clang", standard) for standard in ("c99", "c17")),
    *(("clang++", standard) for standard in ("c++11", "c++20")),
)


def write_descriptions(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, text in DESCRIPTIONS.items():
        (folder / f"{name}.abi").write_text(text)
    return folder


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated files of all of them, a folder each."""
    folder = tmp_path_factory.mktemp("imports")
    write_descriptions(folder / "abi")
    for name in DESCRIPTIONS:
        library = read_file(folder / "abi" / f"{name}.abi")
        write_pages(library, folder / name, "header", "layout", "layout_tests", "cffi")
    return folder


def run(*command: str | Path, cwd: Path) -> str:
    """What the command says; it must succeed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
    return done.stdout


# --- headers


@pytest.mark.tool("gcc", "g++", "clang")
@pytest.mark.parametrize(("compiler", "standard"), COMPILERS)
def test_importers_and_their_base_share_a_unit(
    tree: Path, tmp_path: Path, compiler: str, standard: str
) -> None:
    source = tmp_path / ("uses.cpp" if compiler.endswith("++") else "uses.c")
    source.write_text(USES)
    command = (compiler, f"-std={standard}", *WARNINGS, f"-I{tree}", source, "-o", "uses")
    run(*command, cwd=tmp_path)
    run(tmp_path / "uses", cwd=tmp_path)


@pytest.mark.tool("gcc")
def test_any_order_will_do(tree: Path, tmp_path: Path) -> None:
    headers = [f'#include "{name}/include/{name}.h"\n' for name in DESCRIPTIONS]
    for at in range(len(headers)):
        turned = [*headers[at:], *headers[:at]]
        (tmp_path / f"order{at}.c").write_text("".join(turned))
        command = ("gcc", "-std=c11", *WARNINGS, f"-I{tree}", "-fsyntax-only", f"order{at}.c")
        run(*command, cwd=tmp_path)


def test_the_header_of_an_imported_abi_is_its_own(tree: Path) -> None:
    for name, others in {"base": ("left", "right"), "root": ("base", "left", "right")}.items():
        own = (tree / name / "include" / f"{name}.h").read_bytes()
        for other in others:
            assert (tree / other / "include" / f"{name}.h").read_bytes() == own
    assert not (tree / "root/include/base.h").exists()


def test_a_header_declares_what_its_own_file_does(tree: Path) -> None:
    left = (tree / "left/include/left.h").read_text()
    assert '#include "base.h"\n' in left
    assert '#include "root.h"\n' not in left
    for word in ("base_", "root_", "struct Pair", "Mode", "define LIMIT", "heap of the host"):
        assert word not in left.replace('"base_.h"', ""), word
    right = (tree / "right/include/right.h").read_text()
    assert right.index('#include "root.h"\n') < right.index('#include "base.h"\n')
    assert "RIGHT_SIZE(Right, " in right
    assert "Pair, " not in right


def test_an_importer_warns_of_nothing_that_it_inherits(tree: Path, cc: list[str]) -> None:
    """Right holds a type that is deprecated; whoever names the type is told."""
    (tree / "old.c").write_text('#include "right/include/right.h"\nOld old;\n')
    command = (*cc, "-std=c11", "-Wall", "-fsyntax-only", "old.c")
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.stderr.count("warning:") == 1
    assert "Use Str." in done.stderr


# --- tests that are generated


@pytest.mark.parametrize("name", ["base", "left", "right"])
@pytest.mark.parametrize("standard", ["c99", "c11"])
def test_the_layout_test_covers_what_is_imported(
    tree: Path, tmp_path: Path, cc: list[str], name: str, standard: str
) -> None:
    source = tree / name / "tests" / "layout.c"
    assert re.search(r"^SIZE(_IS)?\(Str, ", source.read_text(), re.MULTILINE)
    run(*cc, f"-std={standard}", *WARNINGS, source, "-o", "test", cwd=tmp_path)
    run(tmp_path / "test", cwd=tmp_path)


@pytest.mark.parametrize("name", ["left", "right"])
def test_cffi_has_the_layouts(tree: Path, name: str) -> None:
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".")
    said = run(*command, "tests", cwd=tree / name)
    assert " passed" in said
    assert "skipped" not in said


def test_cffi_knows_imported_types_and_no_imported_entry(tree: Path) -> None:
    namespace: dict[str, object] = {}
    exec((tree / "left/python/left/_cdef.py").read_text(), namespace)
    ffi = cffi.FFI()
    namespace["declare"](ffi)  # type: ignore[operator]
    assert [name for name, _ in ffi.typeof("Pair").fields] == [
        *("name", "number", "mode", "Kind_", "Left_"),
    ]
    text = str(namespace["CDEF"])
    assert "left_open" in text
    assert "base_" not in text
    assert "root_free" not in text


# --- abilock generate


def abilock(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "abilock", *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(GEN)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def configure(root: Path, *names: str) -> None:
    listed = ", ".join(f'"abi/{name}.abi"' for name in names)
    outputs = '"header", "rust", "docs", "cffi"'
    (root / "pyproject.toml").write_text(
        f"[tool.abilock]\nabi = [{listed}]\noutputs = [{outputs}]\ncompilers = []\n"
    )


def owners(root: Path) -> dict[str, str]:
    """The description of every header in the manifest."""
    files = json.loads((root / "generated/MANIFEST.json").read_text())["files"]
    return {path: entry["abi"] for path, entry in files.items() if path.endswith(".h")}


@pytest.mark.slow
def test_generate_writes_the_headers_that_are_imported(tmp_path: Path) -> None:
    root = tmp_path
    write_descriptions(root / "abi")
    configure(root, "left")
    assert "wrote generated/left/include/base.h\n" in abilock(root, "generate")
    # The Python package is built with them, wherever it is installed.
    assert owners(root) == {
        f"left/{folder}include/{name}{kind}.h": "abi/left.abi"
        for folder in ("", "python/left/")
        for name in ("base", "left", "root")
        for kind in ("", ".witness")
    }
    for path in ("left/rust/left.rs", "left/docs/left.md"):
        text = (root / "generated" / path).read_text()
        assert "left_open" in text
        assert "root_free" not in text
    abilock(root, "check")

    # The imported file is listed as well: it has a folder of its own, with the same header.
    configure(root, "left", "base")
    abilock(root, "generate")
    assert owners(root)["base/include/base.h"] == "abi/base.abi"
    # That of a package which no plugin is built with has nothing to prove.
    copies = {
        (root / "generated" / path).read_bytes()
        for path in owners(root)
        if path.endswith("/base.h") and not path.startswith("base/python")
    }
    assert len(copies) == 1

    # What changes in it changes wherever it is.
    description = root / "abi/base.abi"
    description.write_text(description.read_text().replace("LIMIT: u32 = 7", "LIMIT: u32 = 8"))
    written = abilock(root, "generate").splitlines()
    assert "wrote generated/left/include/base.h" in written
    assert "wrote generated/base/include/base.h" in written
    abilock(root, "check")

    # What is not imported any more goes.
    (root / "abi/left.abi").write_text("abi left 1.0.0;\nstruct Left { a: u8 }\n")
    said = abilock(root, "generate")
    assert "removed generated/left/include/base.h\n" in said
    assert "generated/base/include/base.h" not in said
