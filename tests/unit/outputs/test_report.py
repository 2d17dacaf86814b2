"""The report: every element on a line, and a change on as few lines as it can be told in."""

from __future__ import annotations

from difflib import unified_diff

from abilock.model.decls import Library
from support.library import library_of
from support.rendering import rendered

SHOP = """\
compat major.minor;
@string(ptr, len)
struct Str { ptr: *const char, len: usize }
vtable Shop {
    state: *mut void,
    fn name(self: const) -> Str @until(drop);
    @fails(< 0) fn sell(self: mut, article: *const char @nul, count: u32) -> i32;
    optional fn tax(self: const) -> u64;
    drop fn drop(self: own);
}
struct Pair { first: u8, second: Inner, third: u16 }
struct Inner { x: u32, lo: u32 : 3, hi: u32 : 5, u: union { i: i64, f: f32 } }
enum Kind { A, B = 7 }
callback Done(@ctx ctx: *mut void, n: c_int);
const LIMIT: usize = 4 * 2;
const NAME: str = "a\\"b";
type Handle = *mut Shop?;
opaque Secret;
entry fn shop_open(secret: *const Secret) -> own *mut Shop?;
"""


def report(text: str) -> str:
    return rendered(library_of(text), "report")["report.txt"]


def changed(before: str, after: str) -> list[str]:
    """The lines that a diff has, without its heads."""
    lines = unified_diff(report(before).splitlines(), report(after).splitlines(), n=0)
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


def test_every_element_has_its_line() -> None:
    lines = report(SHOP).splitlines()
    for line in (
        "compat major.minor",
        "targets: all targets",
        "entry fn shop_open(secret: *const Secret) -> own *mut Shop?",
        "Shop.name: fn(self: const) -> Str @until(drop)",
        "Shop.sell: fn(self: mut, article: *const c_char @nul, count: u32) -> i32 @fails(< 0)",
        "Shop.tax: optional fn(self: const) -> u64",
        "Shop.drop: drop fn(self: own)",
        "Shop on 64-bit targets: size 40, align 8; state … drop at 0 … 32 by 8",
        "Shop on 32-bit targets: size 20, align 4; state … drop at 0 … 16 by 4",
        "struct Str @string(ptr, len)",
        "Inner.lo: u32 : 3",
        "Inner.u: union",
        "Inner.u.f: f32",
        "enum Kind: c_int",
        "Kind.B = 7",
        "Kind: size 4, align 4",
        "callback Done: fn(ctx: *mut void @ctx, n: c_int)",
        "opaque Secret",
        "type Handle = *mut Shop?",
        "const LIMIT: usize = 8",
        'const NAME: str = "a\\"b"',
    ):
        assert line in lines
    (inner,) = [line for line in lines if line.startswith("Inner on all targets but i686")]
    assert inner.endswith("; x at 0, lo at bit 32, hi at bit 35, u at 8, u.i at 8, u.f at 8")


def test_an_inserted_slot_is_one_line_and_what_it_moves_one_for_each_group_of_targets() -> None:
    after = SHOP.replace(
        "    optional fn tax", "    fn opens(self: const) -> u32;\n    optional fn tax"
    )
    assert changed(SHOP, after) == [
        "+Shop.opens: fn(self: const) -> u32",
        "-Shop on 64-bit targets: size 40, align 8; state … drop at 0 … 32 by 8",
        "-Shop on 32-bit targets: size 20, align 4; state … drop at 0 … 16 by 4",
        "+Shop on 64-bit targets: size 48, align 8; state … drop at 0 … 40 by 8",
        "+Shop on 32-bit targets: size 24, align 4; state … drop at 0 … 20 by 4",
    ]


def test_a_type_that_grew_shows_where_it_is_held_on_one_line() -> None:
    after = SHOP.replace("struct Inner { x: u32", "struct Inner { w: u64, x: u32")
    lines = changed(SHOP, after)
    assert [line for line in lines if line.startswith("+") and " on " not in line] == [
        "+Inner.w: u64"
    ]
    held = [line for line in lines if line[1:].startswith("Pair on all")]
    assert held == [
        "-Pair on all targets but i686-unknown-linux-gnu: size 32, align 8; first at 0, second at 8,"
        " third at 24",
        "+Pair on all targets but i686-unknown-linux-gnu: size 40, align 8; first at 0, second at 8,"
        " third at 32",
    ]


def test_docs_and_the_order_of_declarations_change_nothing() -> None:
    moved = "enum Kind { A, B = 7 }\n"
    rule, others = SHOP.split("\n", 1)
    documented = f"/// Said of it.\nenum Another {{ C }}\n{moved}"
    after = f"{rule}\n{documented}{others.replace(moved, '')}"
    assert changed(f"{SHOP}enum Another {{ C }}", after) == []


def test_what_is_imported_is_told_by_its_own_report() -> None:
    common = {"common.abi": "abi common 2.1.0;\nstruct Point { x: i32, y: i32 }\n"}
    library: Library = library_of(
        'import "common.abi";\nstruct Line { a: Point, b: Point }', common
    )
    text = rendered(library, "report")["report.txt"]
    assert "imports common 2.1.0\n" in text
    assert "Point.x" not in text
    assert "Line: size 16, align 4; a at 0, b at 8\n" in text
