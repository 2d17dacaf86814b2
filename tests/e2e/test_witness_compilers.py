"""Witnesses of every compiler and format: exported and whole, however a library is linked and stripped."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from abilock.layout.target import find_target
from abilock.witness.compare import described, differences
from abilock.witness.libraries import Image, images, read_images
from abilock.witness.record import Record, read_record
from support.building import run
from support.library import library_at, library_of
from support.rendering import unformatted
from support.witnesses import Shelf, read_whatever

ROOT = Path(__file__).parents[2]
GENERATED = ROOT / "generated"
ABIS = ("bmux", "drasi", "statevec")
#: Everything that takes away what nobody uses.
SMALL = ("-O2", "-flto", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-s")
DEPRECATED = {"optional fn second": '@deprecated(1.2.3, "no") optional fn second'}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, cc: list[str]) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("compilers"), cc)


@pytest.mark.tool("gcc", "g++", "clang")
@pytest.mark.parametrize(
    ("compiler", "language", "options"),
    [
        ("gcc", "c", ("-std=c99",)),
        ("gcc", "c", ("-std=c11", *SMALL)),
        ("gcc", "c", ("-std=c17", "-O3", "-fno-common")),
        ("clang", "c", ("-std=c99", "-O2")),
        ("clang", "c", ("-std=c11", "-ffunction-sections", "-Wl,--gc-sections", "-s")),
        ("g++", "c++", ("-std=c++11",)),
        ("g++", "c++", ("-std=c++17", *SMALL)),
        ("clang++", "c++", ("-std=c++17",)),
        ("clang++", "c++", ("-std=c++20", "-fdata-sections", "-Wl,--gc-sections", "-s")),
    ],
)
def test_any_compiler(shelf: Shelf, compiler: str, language: str, options: tuple[str, ...]) -> None:
    built = shelf.plugin(DEPRECATED, *options, cc=[compiler], language=language)
    run("strip", "--strip-all", str(built))
    shelf.package.load(built)
    inserted = {"fn first(": "fn extra(self: mut), fn first("}
    moved = shelf.plugin(inserted, *options, cc=[compiler], language=language)
    run("strip", "--strip-all", str(moved))
    with pytest.raises(shelf.package.WitnessRefusedError, match="fn extra"):
        shelf.package.load(moved)


@pytest.mark.tool("gcc")
def test_a_compiler_that_packs_is_found_out(shelf: Shelf) -> None:
    """What a compiler was told beside the header is in the witness, since sizes and offsets are its own."""
    built = shelf.plugin({}, "-DWITNESS_PACKED", cc=["gcc"])
    text = (built.parent / "plugin.c").read_text("utf-8")
    header = f'#include "{shelf.name}.h"'
    # The header would say so itself, so its assertions are left out.
    packed = text.replace(header, f"#define _Static_assert(a, b) extern char unused\n{header}", 1)
    (built.parent / "packed.c").write_text(packed, encoding="utf-8")
    options = ("-std=c11", "-fPIC", "-shared", "-fpack-struct=2", "-DPROVES=1", "-DLATE=1", "-w")
    said = f"-DSAYS={shelf.name.upper()}_VERSION"
    folder = f"-I{built.parent / 'include'}"
    target = built.parent / "packed.so"
    run("gcc", *options, said, folder, str(built.parent / "packed.c"), "-o", str(target))
    with pytest.raises(shelf.package.WitnessRefusedError, match="compiled with"):
        shelf.package.load(target)


@pytest.mark.tool("gcc", "g++", "clang")
def test_whatever_the_language_has(tmp_path: Path) -> None:
    """The macro of every description compiles, without a warning that the header alone has not."""
    commands = (
        ("gcc", "-std=c99", "-Wno-pedantic-ms-format"),
        ("clang", "-std=c11"),
        ("g++", "-std=c++17", "-x", "c++"),
        ("clang++", "-std=c++17", "-x", "c++"),
    )
    for case in sorted((ROOT / "tests/cases/good").glob("*.abi")):
        library = library_at(case)
        folder = tmp_path / case.stem
        for path, text in unformatted(library, "header").items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        if not library.declarations:
            continue
        source = folder / "a.c"
        macro = f"{library.name.upper()}_WITNESS"
        source.write_text(f'#include "{library.name}.h"\n{macro};\n', encoding="utf-8")
        for command in commands:
            strict = ("-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{folder / 'include'}")
            run(*command, *strict, "-c", str(source), "-o", str(folder / "a.o"))


@pytest.mark.tool("gcc")
def test_several_sources_and_several_abis(tmp_path: Path) -> None:
    """One source of several has the line; what is imported is proved by both ABIs."""
    base = "abi base 1.0.0;\nstruct Base { x: u8, y: u64 }\nenum Kind { A = 1 }\n"
    text = 'abi plug 2.0.0;\nimport "base.abi";\nstruct Mine { a: Base, b: Kind }\n'
    library = library_of(text, {"base.abi": base})
    for path, page in unformatted(library, "header").items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page, encoding="utf-8")
    sources = []
    for name, more in (
        ("one", "PLUG_WITNESS;\nBASE_WITNESS;"),
        ("two", "Mine two;"),
        ("three", ""),
    ):
        sources.append(str(tmp_path / f"{name}.c"))
        Path(sources[-1]).write_text(f'#include "base.h"\n#include "plug.h"\n{more}\n')
    built = tmp_path / "both.so"
    strict = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fPIC", "-shared")
    run("gcc", *strict, f"-I{tmp_path / 'include'}", *sources, "-o", str(built))
    (image,) = read_images(built)
    found = {symbol: read_record(data) for symbol, data in image.records.items()}
    assert sorted(found) == ["abilock_witness_base", "abilock_witness_plug"]
    mine = found["abilock_witness_plug"]
    assert [row.name for row in mine.rows if not row.owner] == ["Base", "Kind", "Mine"]
    sizes = {row.name: row.size for row in mine.rows if not row.owner}
    assert sizes == {"Base": 16, "Kind": 4, "Mine": 24}


# --- Rust

RUST = """
#![no_std]
#![deny(warnings)]
#[path = "{path}"]
mod {name};
use {name}::*;
{name}::witness!();
struct Told(Facts);
unsafe impl Sync for Told {{}}
static FACTS: Told = Told(Facts {{ version: c"1.2.3".as_ptr() }});
{unsafe_export}
pub extern "C" fn facts() -> *const Facts {{ &FACTS.0 }}
{unsafe_export}
pub extern "C" fn board() -> *const Board {{ core::ptr::null() }}
{unsafe_export}
pub extern "C" fn open_shop() -> *mut Shop {{ core::ptr::null_mut() }}
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {{ loop {{}} }}
"""


@pytest.mark.tool("rustc")
@pytest.mark.parametrize("edition", ["2021", "2024"])
@pytest.mark.parametrize("changes", [{}, {"fn first(": "fn extra(self: mut), fn first("}], ids=str)
def test_rust(shelf: Shelf, tmp_path: Path, edition: str, changes: dict[str, str]) -> None:
    description = shelf.description
    for old, new in changes.items():
        description = description.replace(old, new)
    shelf.write(tmp_path, description, "rust")
    export = "#[unsafe(no_mangle)]" if edition == "2024" else "#[no_mangle]"
    path = tmp_path / "rust" / f"{shelf.name}.rs"
    source = tmp_path / "plugin.rs"
    source.write_text(
        RUST.format(name=shelf.name, path=path, unsafe_export=export), encoding="utf-8"
    )
    built = tmp_path / "plugin.so"
    options = ("-Cpanic=abort", "-Copt-level=3", "-Clto=fat", "-Cstrip=symbols")
    kind = ("--edition", edition, "--crate-type", "cdylib")
    run("rustc", *kind, *options, str(source), "-o", str(built))
    if not changes:
        assert shelf.package.load(built).facts.version == "1.2.3"
        return
    with pytest.raises(shelf.package.WitnessRefusedError, match="fn extra"):
        shelf.package.load(built)


@pytest.mark.tool("rustc", "clippy", "gcc")
def test_rust_says_what_c_says(tmp_path: Path) -> None:
    """Of the project's ABIs, and of everything that the language has."""
    cases = [*sorted((ROOT / "tests/cases/good").glob("*kitchen*.abi"))]
    cases += [ROOT / "abi" / f"{name}.abi" for name in ABIS]
    for case in cases:
        library = library_at(case)
        folder = tmp_path / case.stem
        for path, text in unformatted(library, "header", "rust").items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        name = library.name
        (folder / "a.c").write_text(f'#include "{name}.h"\n{name.upper()}_WITNESS;\n')
        options = ("-std=gnu11", "-w", "-fPIC", "-shared", f"-I{folder / 'include'}")
        run("gcc", *options, str(folder / "a.c"), "-o", str(folder / "c.so"))
        (folder / "a.rs").write_text(
            f"#![no_std]\nmod ffi {{\n"
            f'    #[path = "{folder}/rust/{name}.rs"]\n    pub mod {name};\n}}\n'
            f"ffi::{name}::witness!(crate::ffi::{name});\n"
            "#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! { loop {} }\n"
        )
        crate = ("--edition", "2021", "--crate-type", "cdylib", "-Cpanic=abort", "-o")
        run("rustc", *crate, str(folder / "r.so"), str(folder / "a.rs"))
        strict = ("-Wclippy::all", "-Wclippy::pedantic", "-Dwarnings", "-Cpanic=abort")
        checked = ("--edition", "2021", "--crate-type", "lib", "--emit", "metadata", "-o")
        run("clippy-driver", *strict, *checked, str(folder / "r.meta"), str(folder / "a.rs"))
        one, other = (record_of(folder / each) for each in ("c.so", "r.so"))
        assert [row.text for row in one.rows] == [row.text for row in other.rows]
        for mine, theirs in zip(one.rows, other.rows, strict=True):
            unknown = theirs.size is None
            assert unknown or (mine.size, mine.offset) == (theirs.size, theirs.offset), mine
            assert (mine.form, mine.contract) == (theirs.form, theirs.contract)
        groups = described(library, find_target(one.target))
        assert list(differences(groups, one, library.version, one.version)) == []
        assert list(differences(groups, other, library.version, other.version)) == []


def record_of(built: Path) -> Record:
    (image,) = read_images(built)
    (data,) = image.records.values()
    return read_record(data)


# --- other formats

#: Targets of zig, and what their libraries are.
FORMATS = {
    "x86_64-linux-gnu": ("ELF", "x86_64", 64, False),
    "x86-linux-gnu": ("ELF", "i686", 32, False),
    "s390x-linux-gnu": ("ELF", "s390x", 64, True),
    "powerpc-linux-gnueabihf": ("ELF", "powerpc", 32, True),
    "x86_64-windows-gnu": ("PE", "x86_64", 64, False),
    "x86-windows-gnu": ("PE", "i686", 32, False),
    "aarch64-windows-gnu": ("PE", "aarch64", 64, False),
    "x86_64-macos": ("Mach-O", "x86_64", 64, False),
    "aarch64-macos": ("Mach-O", "aarch64", 64, False),
}


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A library of the three ABIs for each target."""
    folder = tmp_path_factory.mktemp("foreign")
    code = folder / "plugin.c"
    code.write_text(
        "".join(f'#include "{name}.h"\n{name.upper()}_WITNESS;\n' for name in ABIS)
        # Windows starts a library by this name.
        + "int _DllMainCRTStartup(void *a, unsigned b, void *c);\n"
        + "int _DllMainCRTStartup(void *a, unsigned b, void *c) { (void)a; (void)c; return b < 9; }\n"
        + "int DllMainCRTStartup(void *a, unsigned b, void *c);\n"
        + "int DllMainCRTStartup(void *a, unsigned b, void *c) { (void)a; (void)c; return b < 9; }\n",
        encoding="utf-8",
    )
    includes = [f"-I{GENERATED / name / 'include'}" for name in ABIS]
    found = {}
    for target in FORMATS:
        built = folder / f"{target}.lib"
        zig("cc", "-target", target, "-shared", "-fPIC", "-nostdlib", "-s", "-O1", "-Wall", "-Wextra",
            "-Wpedantic", "-Werror", *includes, str(code), "-o", str(built))  # fmt: skip
        found[target] = built
    return found


def zig(*arguments: str) -> None:
    run(sys.executable, "-m", "ziglang", *arguments)


def judged(image: Image, where: str) -> None:
    """Every ABI is in it, as it is described."""
    assert sorted(image.records) == [f"abilock_witness_{name}" for name in ABIS], where
    for name, data in zip(ABIS, map(image.records.get, sorted(image.records)), strict=True):
        assert data is not None
        record = read_record(data)
        assert (record.abi, record.pointer_size * 8) == (name, image.bits)
        library = library_at(ROOT / "abi" / f"{name}.abi")
        if record.target:
            groups = described(library, find_target(record.target))
            assert list(differences(groups, record, library.version, record.version)) == []


def test_every_format(foreign: dict[str, Path]) -> None:
    for target, known in FORMATS.items():
        (image,) = read_images(foreign[target])
        assert (image.format, image.machine, image.bits, image.big_endian) == known, target
        judged(image, target)


def fat(parts: Sequence[bytes]) -> bytes:
    """Several libraries of Mach-O as one, as `lipo` writes them."""
    head, body, at = b"\xca\xfe\xba\xbe" + len(parts).to_bytes(4, "big"), b"", 0x4000
    for part in parts:
        kind = int.from_bytes(part[4:8], "little").to_bytes(4, "big")
        head += kind + bytes(4) + at.to_bytes(4, "big") + len(part).to_bytes(4, "big") + bytes(4)
        body = body.ljust(at - 0x4000, b"\0") + part
        at = (at + len(part) + 0x3FFF) & ~0x3FFF
    return head.ljust(0x4000, b"\0") + body


def test_several_in_one_file(foreign: dict[str, Path], tmp_path: Path) -> None:
    data = fat([foreign[each].read_bytes() for each in ("x86_64-macos", "aarch64-macos")])
    found = images(data)
    assert [image.machine for image in found] == ["x86_64", "aarch64"]
    for image in found:
        judged(image, "fat")
    (tmp_path / "both.dylib").write_bytes(data)
    said = verify(str(tmp_path / "both.dylib"), expects=0)
    assert {each["status"] for each in said} == {"matches"}
    assert len(said) == 6


def verify(*files: str, expects: int) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "abilock", "verify", "--witness", "--format", "json", *files]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "gen")}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False
    )
    assert done.returncode == expects, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)["libraries"]
    return found


def test_random_edits_of_every_format(foreign: dict[str, Path]) -> None:
    """A file that was damaged is read, or refused in words."""
    chance = random.Random(7)
    whole = [foreign[target].read_bytes() for target in FORMATS]
    whole.append(fat([foreign["x86_64-macos"].read_bytes(), foreign["aarch64-macos"].read_bytes()]))
    for data in whole:
        for _ in range(150):
            read_whatever(edited(data, chance))


def edited(data: bytes, chance: random.Random) -> bytes:
    """With a few bytes changed, most of them where tables are told of; or cut off."""
    text = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        near = chance.choice((64, 512, 4096, len(text)))
        at = chance.randrange(min(near, len(text)))
        text[at : at + 1] = chance.choice((b"\0", b"\xff", b"\x80", chance.randbytes(1)))
    return bytes(text[: chance.randrange(len(text))] if chance.random() < 0.2 else text)
