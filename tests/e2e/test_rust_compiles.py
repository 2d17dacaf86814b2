"""The generated Rust module and layout test, held against rustc, clippy, rustfmt and gcc.

rustc needs no linker and no C library to check a foreign target: const assertions are evaluated when
metadata is made. What is missing is the target's ``core``, which `rustup target add` brings; targets
whose ``core`` is not there are left out, the host's always is.
"""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import pytest

from abilock.diagnostics.report import Report
from abilock.layout.target import TARGETS, Target
from abilock.outputs.conditions import targets_in
from abilock.outputs.rust.conditions import FACTS
from abilock.outputs.rust.view import pages
from abilock.pipeline import lay_out_all, read_library
from abilock.render.environment import make_environment, render

ROOT = Path(__file__).parents[2]
CASES = (
    "tests/cases/good/rust_kitchen.abi",
    "tests/cases/good/clap.abi",
    *(
        f"tests/cases/good/{path.name}"
        for path in sorted((ROOT / "tests/cases/good").glob("kitchen*.abi"))
    ),
    *(f"abi/{name}.abi" for name in ("bmux", "drasi", "statevec")),
)
EDITIONS = ("2018", "2021", "2024")

pytestmark = [pytest.mark.slow, pytest.mark.tool("rustc")]


@pytest.fixture(scope="module", params=CASES, ids=lambda path: Path(path).stem)
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the generated module and test, and a crate that uses the module in both ways."""
    return write_tree(str(request.param), tmp_path_factory.mktemp("rust"))


def write_tree(case: str, folder: Path) -> Path:
    report = Report()
    library = read_library(str(ROOT / case), report)
    assert library is not None, report.sorted()
    environment = make_environment()
    for page in pages(library, lay_out_all(library)):
        path = folder / page.path
        path.parent.mkdir(exist_ok=True)
        path.write_text(render(environment, page.template, page.view), encoding="utf-8")
    (folder / "lib.rs").write_text(
        "#![no_std]\n#![deny(warnings)]\n"
        f'#[path = "rust/{library.name}.rs"]\npub mod by_path;\n'
        f'mod by_include {{\n    include!("rust/{library.name}.rs");\n}}\n'
    )
    return folder


def run(folder: Path, *command: str, fails: bool = False) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    output = done.stdout + done.stderr
    assert (done.returncode != 0) is fails, f"{' '.join(command)}\n{output[-4000:]}"
    return output


def check_crate(folder: Path, *options: str, compiler: str = "rustc", fails: bool = False) -> str:
    common = ("--crate-type", "lib", "--emit", "metadata", "-o", "checked.rmeta", "lib.rs")
    return run(folder, compiler, *options, *common, fails=fails)


@pytest.mark.parametrize("edition", EDITIONS)
def test_no_warning_in_any_edition(tree: Path, edition: str) -> None:
    check_crate(tree, "--edition", edition)


@pytest.mark.parametrize("edition", EDITIONS)
def test_layout_test_passes(tree: Path, edition: str) -> None:
    run(
        tree,
        "rustc",
        "--edition",
        edition,
        "-Dwarnings",
        "--test",
        "-o",
        "layout",
        "tests/layout.rs",
    )
    assert "test result: ok" in run(tree, "./layout")


def test_the_export_hint_holds(tmp_path: Path) -> None:
    """A plugin whose export has another signature than the entry does not compile."""
    folder = write_tree("abi/drasi.abi", tmp_path)
    plugin = (
        'mod abi;\npub unsafe extern "C" fn drasi_plugin_init() -> *mut abi::{} {{\n'
        "    ::core::ptr::null_mut()\n}}\n"
        "const _: abi::drasi_plugin_init_fn = drasi_plugin_init;\n"
    )
    for made, name in (("drasi.rs", "abi.rs"), ("drasi.witness.rs", "drasi.witness.rs")):
        (folder / name).write_bytes((folder / "rust" / made).read_bytes())
    (folder / "lib.rs").write_text(plugin.format("FfiPluginRegistration"))
    check_crate(folder, "--edition", "2021", "-Dwarnings")
    (folder / "lib.rs").write_text(plugin.format("FfiStr"))
    assert "E0308" in check_crate(folder, "--edition", "2021", fails=True)


@pytest.mark.tool("clippy")
def test_clippy_has_nothing_to_say(tree: Path) -> None:
    strict = ("-Wclippy::all", "-Wclippy::pedantic", "-Dwarnings")
    check_crate(tree, "--edition", "2021", *strict, compiler="clippy-driver")


def test_rustdoc_has_nothing_to_say(tree: Path) -> None:
    run(
        tree,
        "rustdoc",
        "--edition",
        "2021",
        "--crate-type",
        "lib",
        "-Dwarnings",
        "-o",
        "doc",
        "lib.rs",
    )


def test_rustfmt_changes_nothing(tree: Path) -> None:
    run(tree, "rustfmt", "--edition", "2021", "--check", "tests/layout.rs")


@cache
def _toolchain_with_targets() -> tuple[list[str], frozenset[str]]:
    """The options that choose the toolchain with most targets, and which of ours those are."""
    best: tuple[list[str], frozenset[str]] = ([], frozenset())
    for chosen in ([], ["+1.95.0"]):
        found = set()
        for target in TARGETS:
            query = ["rustc", *chosen, "--print", "target-libdir", "--target", target.triple]
            shown = subprocess.run(query, capture_output=True, text=True, check=False)
            if shown.returncode == 0 and Path(shown.stdout.strip()).is_dir():
                found.add(target.triple)
        if len(found) > len(best[1]):
            best = (chosen, frozenset(found))
    return best


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.triple)
def test_rustc_knows_the_facts(tmp_path: Path, target: Target) -> None:
    """What predicates ask about is so where we think it is, and nowhere else."""
    said = run(tmp_path, "rustc", "--print", "cfg", "--target", target.triple).splitlines()
    ours = {text for fact, text in FACTS.items() if target in targets_in(fact.where)}
    assert ours == {text for text in FACTS.values() if text.replace(" ", "") in said}


def test_rustc_agrees_on_every_target_it_has(tree: Path) -> None:
    chosen, triples = _toolchain_with_targets()
    assert triples
    for triple in sorted(triples):
        check_crate(tree, *chosen, "--edition", "2021", "--target", triple)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("layout! { P: size 5,", "layout! { P: size 6,", "size of P"),
        ("layout! { P: size 5, align 1;", "layout! { P: size 5, align 2;", "alignment of P"),
        ("        b at 1,\n", "        b at 2,\n", "offset of P.b"),
        (
            "Owned:\n        ptr,\n        len,",
            "Owned:\n        len,\n        ptr,",
            "offset of Owned.len",
        ),
        ("pub struct Owned {", "pub struct Owned {\n        pub more: u8,", "of Owned"),
    ],
)
def test_a_wrong_layout_fails_the_build(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    folder = write_tree(CASES[0], tmp_path)
    module = folder / "rust/rust_kitchen.rs"
    text = module.read_text(encoding="utf-8")
    assert right in text
    module.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    assert message in check_crate(folder, "--edition", "2021", fails=True)


def test_a_wrong_layout_fails_the_layout_test(tmp_path: Path) -> None:
    folder = write_tree(CASES[0], tmp_path)
    test = folder / "tests/layout.rs"
    text = test.read_text(encoding="utf-8")
    for right, wrong in (("b at 1;", "b at 3;"), ("abi::Plain::B => 7", "abi::Plain::B => 8")):
        assert right in text
        text = text.replace(right, wrong, 1)
    test.write_text(text, encoding="utf-8")
    run(folder, "rustc", "--edition", "2021", "--test", "-o", "layout", "tests/layout.rs")
    output = run(folder, "./layout", fails=True)
    assert "P: offset of b: 1 instead of 3" in output
    assert "values: abi::Plain::B: 7 instead of 8" in output


_C = """
#include <stdint.h>
#include <stdbool.h>
typedef bool (*Cb)(void *, int, const uint8_t *);
struct F { uint32_t lo : 3; int32_t hi : 5; uint32_t : 0; bool mid : 1; uint16_t flag : 9;
           uint64_t kind : 3; uint8_t tail; };
struct Wide64 { uint64_t a : 60; int64_t b : 64; char c : 3; };
struct BitsThen { const char *text; uint8_t state : 7; Cb cb; int16_t next : 9; };
union UB { uint32_t whole; uint32_t low : 4; };
struct __attribute__((packed, aligned(8))) PA { uint8_t a; double b; Cb cb; };

void fill_F(struct F *f) { f->lo = 5; f->hi = -7; f->mid = 1; f->flag = 300; f->kind = 6; f->tail = 9; }
int right_F(const struct F *f) {
    return f->lo == 2 && f->hi == 11 && !f->mid && f->flag == 511 && f->kind == 1 && f->tail == 200;
}
void fill_W(struct Wide64 *w) { w->a = 0xfedcba987654321ull; w->b = INT64_MIN + 1; w->c = -3; }
int right_W(const struct Wide64 *w) { return w->a == 1 && w->b == -2 && w->c == 3; }
void fill_B(struct BitsThen *b) { b->text = "text"; b->state = 100; b->cb = 0; b->next = -200; }
int right_B(const struct BitsThen *b) { return b->text[0] == 'x' && b->state == 1 && b->next == 255; }
void fill_U(union UB *u) { u->whole = 0xabcdef12; }
void fill_P(struct PA *p) { p->a = 3; p->b = 1.5; p->cb = 0; }
int right_P(const struct PA *p) { return p->a == 4 && p->b == -2.5 && p->cb == 0; }
int sizes(int which) {
    return which == 0 ? sizeof(struct F) : which == 1 ? sizeof(struct Wide64)
         : which == 2 ? sizeof(struct BitsThen) : which == 3 ? sizeof(union UB) : sizeof(struct PA);
}
"""

_RUST = """
#[path = "rust/rust_kitchen.rs"]
mod abi;
use std::mem::{size_of, zeroed};

extern "C" {
    fn fill_F(f: *mut abi::F);
    fn right_F(f: *const abi::F) -> i32;
    fn fill_W(w: *mut abi::Wide64);
    fn right_W(w: *const abi::Wide64) -> i32;
    fn fill_B(b: *mut abi::BitsThen);
    fn right_B(b: *const abi::BitsThen) -> i32;
    fn fill_U(u: *mut abi::UB);
    fn fill_P(p: *mut abi::PA);
    fn right_P(p: *const abi::PA) -> i32;
    fn sizes(which: i32) -> i32;
}

fn main() {
    unsafe {
        assert_eq!(sizes(0) as usize, size_of::<abi::F>());
        assert_eq!(sizes(1) as usize, size_of::<abi::Wide64>());
        assert_eq!(sizes(2) as usize, size_of::<abi::BitsThen>());
        assert_eq!(sizes(3) as usize, size_of::<abi::UB>());
        assert_eq!(sizes(4) as usize, size_of::<abi::PA>());

        let mut f = abi::F::ZERO;
        fill_F(&mut f);
        assert_eq!((f.lo(), f.hi(), f.mid(), f.flag(), f.kind(), f.tail()), (5, -7, true, 300, 6, 9));
        f.set_lo(10);  // one bit too many: as in C, it is dropped
        f.set_hi(11);
        f.set_mid(false);
        f.set_flag(0xffff);
        f.set_kind(1);
        f.set_tail(200);
        assert_eq!(right_F(&f), 1);

        let mut w = abi::Wide64::ZERO;
        fill_W(&mut w);
        assert_eq!((w.a(), w.b(), w.c()), (0xfedcba987654321, i64::MIN + 1, -3));
        w.set_a(1);
        w.set_b(-2);
        w.set_c(3);
        assert_eq!(right_W(&w), 1);

        let mut storage: std::mem::MaybeUninit<abi::BitsThen> = zeroed();
        let b = &mut *storage.as_mut_ptr();
        fill_B(b);
        assert_eq!((*b.text(), b.state(), b.next()), (b't' as _, 100, -200));
        b.set_text(b"x".as_ptr().cast());
        b.set_state(1);
        b.set_next(255);
        assert_eq!(right_B(b), 1);

        let mut u = abi::UB::ZERO;
        fill_U(&mut u);
        assert_eq!((u.whole(), u.low()), (0xabcdef12, 2));
        u.set_low(15);
        assert_eq!(u.whole(), 0xabcdef1f);

        let mut p = abi::PA::ZERO;
        fill_P(&mut p);
        assert_eq!((p.a(), p.b(), p.cb().is_none()), (3, 1.5, true));
        p.set_a(4);
        p.set_b(-2.5);
        assert_eq!(right_P(&p), 1);
    }
}
"""


@pytest.mark.parametrize("flags", [[], ["-O"]], ids=["debug", "optimized"])
def test_accessors_agree_with_c(tmp_path: Path, cc: list[str], flags: list[str]) -> None:
    folder = write_tree(CASES[0], tmp_path)
    (folder / "values.c").write_text(_C)
    (folder / "main.rs").write_text(_RUST)
    run(folder, *cc, *(["-O2"] if flags else []), "-c", "-o", "values.o", "values.c")
    run(
        folder, "rustc", "--edition", "2021", *flags, "-Clink-arg=values.o", "-o", "main", "main.rs"
    )
    run(folder, "./main")


def test_big_endian_bits(tmp_path: Path) -> None:
    """`{ u16 a : 3; i16 b : 5; u16 c : 8; }` filled with 5, -7 and 0x9c: the first field is at the top
    of the first byte. Read at build time, so that no machine of that kind is needed."""
    chosen, triples = _toolchain_with_targets()
    if "s390x-unknown-linux-gnu" not in triples:
        pytest.skip("no core for it: rustup target add s390x-unknown-linux-gnu")
    functions = make_environment().get_template("rust/parts/bit_functions.rs.jinja").render()
    reads = ("0, 3, false) == 5", "3, 5, true) as i64 == -7", "8, 8, false) == 0x9c")
    checks = "".join(
        f"const _: () = assert!(unsafe {{ functions::read_bits(BYTES.as_ptr(), {read} }});\n"
        for read in reads
    )
    bytes_ = "const BYTES: [u8; 2] = [0b1011_1001, 0x9c];"
    (tmp_path / "lib.rs").write_text(
        f"#![no_std]\n#![allow(dead_code)]\nmod functions {{\n{functions}}}\n{bytes_}\n{checks}"
    )
    check_crate(tmp_path, *chosen, "--edition", "2021", "--target", "s390x-unknown-linux-gnu")
    assert "assertion failed" in check_crate(tmp_path, "--edition", "2021", fails=True)
