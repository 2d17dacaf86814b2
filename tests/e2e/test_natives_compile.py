"""C of the compiled mode without a warning: what users read of their compilers is about their own code."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import sysconfig
from pathlib import Path

import cffi
import pytest

from support.library import library_of
from support.pages import read_file, write_pages
from support.probe import DESCRIPTION

ROOT = Path(__file__).parents[2]
WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wstrict-prototypes", "-Wvla", "-Wwrite-strings")
#: cffi's own text refers to the shims, and is not of this project; so it is not here.
WITHOUT_CFFI = ("-Wno-unused-function", "-D_CFFI_NO_LIMITED_API")
CASES = {
    **{name: f"abi/{name}.abi" for name in ("bmux", "drasi", "statevec")},
    "test": "tests/cases/good/kitchen_sink.abi",
    "probe": "",
}


@pytest.mark.slow
@pytest.mark.tool("gcc", "clang", "python-headers")
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("optimised", ["-O0", "-O2"])
def test_functions_of_the_compiled_mode(
    tmp_path: Path, name: str, compiler: str, optimised: str
) -> None:
    path = CASES[name]
    library = read_file(ROOT / path) if path else library_of(DESCRIPTION.replace("{NAME}", name))
    write_pages(library, tmp_path, "cffi")
    package = tmp_path / "python" / library.name
    spec = importlib.util.spec_from_file_location("source", package / "_native_source.py")
    assert spec is not None
    assert spec.loader is not None
    source = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(source)
    assert source.NATIVES
    code = tmp_path / "native.c"
    code.write_text(f'#include "_cffi_include.h"\n{source.SOURCE}', encoding="utf-8")
    headers = (str(Path(cffi.__file__).parent), sysconfig.get_path("include"))
    done = subprocess.run(
        [
            *(compiler, "-std=c99", optimised, *WARNINGS, *WITHOUT_CFFI, "-c", str(code)),
            *(text for folder in headers for text in ("-isystem", folder)),
            *("-I", str(package / "include"), "-o", str(tmp_path / "native.o")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


HELD = """
struct T { a: u32 }
struct S { n: u8, u: union { t: T, f: f64 } }
struct Bits { n: u8 : 3, t: T }
@packed struct P { a: u8 : 3, b: u32 }
struct Q { n: u8, p: P }
allocator heap = malloc/free;
callback Pushed(@ctx ctx: *mut void, t: own *mut T? @owned(heap) @end(null));
entry fn f(s: *const S);
entry fn watch(pushed: Pushed @scope(forever) @ctx(ctx), ctx: *mut void);
entry fn g(b: Bits) -> Bits;
entry fn h(q: *const Q) -> *const Q @until(library);
"""


@pytest.mark.slow
@pytest.mark.tool("gcc", "python-headers")
def test_layouts_of_the_compiled_mode(tmp_path: Path) -> None:
    """cffi compares what it was told with the compiler when the module is imported."""
    write_pages(library_of(f"abi held 1.0.0;\n{HELD}"), tmp_path, "cffi")
    asked = (
        "from held._bindings import binding_for as b; x, y = b('compiled').ffi, b('ready-made').ffi"
    )
    sizes = "print([f.sizeof(n) for f in (x, y) for n in 'S Bits P Q'.split()])"
    for command in (["-m", "held.build"], ["-c", f"{asked}\n{sizes}"]):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path / "python",
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == str([16, 8, 5, 6] * 2)
