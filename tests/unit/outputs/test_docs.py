"""The reference page: what a plugin author finds on it, and what a reviewer sees in its diff."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pytest

from abilock.layout.engine import lay_out
from abilock.layout.shapes import AggregateLayout
from abilock.layout.target import find_target
from abilock.model.decls import Library
from abilock.outputs.docs.picture import picture
from support.library import library_at, library_of
from support.pages import write_pages

ROOT = Path(__file__).parents[3]
HOST = find_target("x86_64-unknown-linux-gnu")


def page(library: Library, folder: Path) -> str:
    write_pages(library, folder, "docs")
    return (folder / "docs" / f"{library.name}.md").read_text("utf-8")


def section(text: str, heading: str) -> str:
    """What is below a heading, up to the next one of whatever level."""
    start = text.index(f"# `{heading}`\n")
    return text[start : text.find("\n#", start)]


# --- vtables


def shop(before_second: str = "") -> Library:
    return library_of(
        f"""
        vtable Shop {{
            state: *mut void,
            fn first(self: const) -> u8;
            {before_second}
            fn second(self: const) -> u8;
            optional fn third(self: const) -> u8;
            flags: u32,
            drop fn drop(self: own);
        }}
        """
    )


def test_a_vtable_numbers_its_slots(tmp_path: Path) -> None:
    text = page(shop("@since(1.1.0)"), tmp_path)
    assert section(text, "Shop").split("\n\n")[-1].splitlines() == [
        "| slot | 64-bit offset | 32-bit offset | member | since |  |",
        "| --- | --- | --- | --- | --- | --- |",
        "|  | 0 | 0 | `state: *mut void` |  |  |",
        "| 0 | 8 | 4 | [`first`](#shopfirst) |  |  |",
        "| 1 | 16 | 8 | [`second`](#shopsecond) | 1.1.0 |  |",
        "| 2 | 24 | 12 | optional [`third`](#shopthird) |  |  |",
        "|  | 32 | 16 | `flags: u32` |  |  |",
        "| 3 | 40 | 20 | drop [`drop`](#shopdrop) |  |  |",
    ]


def test_an_inserted_slot_shifts_one_line_of_each_behind_it(tmp_path: Path) -> None:
    before = page(shop(), tmp_path / "before").splitlines()
    after = page(shop("fn between(self: const) -> u8;"), tmp_path / "after").splitlines()
    diff = [line for line in difflib.ndiff(before, after) if line[0] in "-+"]
    assert [line for line in diff if line[0] == "-"] == [
        "- - 64-bit targets: size 48, align 8, 1 hole of 4 bytes",
        "- - 32-bit targets: size 24, align 4",
        "- | 1 | 16 | 8 | [`second`](#shopsecond) |  |  |",
        "- | 2 | 24 | 12 | optional [`third`](#shopthird) |  |  |",
        "- |  | 32 | 16 | `flags: u32` |  |  |",
        "- | 3 | 40 | 20 | drop [`drop`](#shopdrop) |  |  |",
    ]
    added = [line[2:] for line in diff if line[0] == "+"]
    assert "| 1 | 16 | 8 | [`between`](#shopbetween) |  |  |" in added
    assert "| 2 | 24 | 12 | [`second`](#shopsecond) |  |  |" in added


# --- structs


def test_nested_members_have_rows_of_their_own(tmp_path: Path) -> None:
    library = library_of(
        "enum E { A } struct S {"
        " a: u8, head: struct { x: u16, _: union { e: E, z: u8 : 3 } }, @align(8) b: u8 }"
    )
    assert section(page(library, tmp_path), "S").split("\n\n")[3].splitlines() == [
        "| offset | size | field |  |",
        "| --- | --- | --- | --- |",
        "| 0 | 1 | `a: u8` |  |",
        "| 4 | 8 | `head: struct` |  |",
        "| 4 | 2 | · `x: u16` |  |",
        "| 8 | 4 | · `_: union` |  |",
        "| 8 | 4 | · · `e`: [`E`](#e) |  |",
        "| 8:0 | :3 | · · `z: u8 : 3` |  |",
        "| 16 | 1 | `@align(8) b: u8` |  |",
    ]


def test_how_a_record_is_laid_out_is_said(tmp_path: Path) -> None:
    library = library_of(
        "@packed(2) struct P { a: u8, b: u32 }\n@align(16) union U { a: u8 }\nstruct L { n: c_long, a: u8 }"
    )
    text = page(library, tmp_path)
    assert "```\n@packed(2) struct P\n```" in text
    assert "```\n@align(16) union U\n```" in text
    assert "Layout: size 6, align 2, 1 hole of 1 byte.\n" in section(text, "P")
    assert "- **A**, 64-bit targets but Windows: size 16, align 8, 7 bytes of padding" in text
    assert "| A offset | size | B offset | size | field |  |" in text


def test_flags_and_aliases_of_values(tmp_path: Path) -> None:
    text = page(library_of("flags F: u8 { A = 1, B = 16 }\nenum E { One, Also = One }"), tmp_path)
    assert "| 0x10 | `B` |  |" in text
    assert "| 0 | `Also` | Another name of `One`. |" in text


# --- pictures


def drawn(text: str) -> list[str]:
    shape = lay_out(library_of(text), HOST).types["S"]
    assert isinstance(shape, AggregateLayout)
    return list(picture(shape))


def test_a_picture_of_bits() -> None:
    text = "struct S { a: u8, lo: u32 : 3, hi: u32 : 9, _: u32 : 0, all: u8 : 8, last: u64 : 34 }"
    assert drawn(text) == [
        "     0 │ a   │ lo, hi    │░░░░░│ all │░░░░░░░░░░░░░░░░░│",
        "     8 │ last                        │░░░░░░░░░░░░░░░░░│",
        "",
        "   bit  0     1     2     3     4     5     6     7",
        "     1 │ lo              │ hi                          │",
        "     2 │ …                     │░░░░░░░░░░░░░░░░░░░░░░░│",
        "     8 │ last                                          │",
        "       │ … 24 more bits of last …                      │",
        "    12 │ …         │░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░│",
    ]


def test_a_picture_of_a_union_shows_each_member() -> None:
    assert drawn("union S { a: u32, b: [u8; 6], c: u8 : 2 }") == [
        "     0 │ a                     │░░░░░░░░░░░░░░░░░░░░░░░│",
        "     or",
        "     0 │ b                                 │░░░░░░░░░░░│",
        "     or",
        "     0 │ c   │░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░│",
    ]


def test_a_picture_goes_into_nested_structs_and_folds_what_is_long() -> None:
    text = "struct S { a: u8, n: struct { x: u8, y: u16 }, u: union { i: u8 }, @align(64) d: [u8; 64] }"
    assert drawn(text) == [
        "     0 │ a   │░░░░░│ n.x │░░░░░│ n.y       │ u:… │░░░░░│",
        "     8 │░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░│",
        "       │ … 40 more bytes of padding …                  │",
        "    56 │░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░│",
        "    64 │ d                                             │",
        "       │ … 48 more bytes of d …                        │",
        "   120 │ …                                             │",
    ]


# --- what is said of types

MEANING = """
allocator heap = malloc/free;
const size: u32 = 3;
@owned(heap) struct Text { ptr: *mut char?, size: u32 }
vtable Thing {
    state: *mut void,
    /// Ends like `drop`, in a [`Text`] of `size`.
    ///
    /// ```
    /// `Text`
    /// ```
    fn put(self: mut, text: *const Text?, size: *const Text @until(call), other: own *mut Thing) -> Text;
    drop fn drop(self: own);
}
type Handle = u64 @free(close);
struct Held { thing: own *mut Thing?, f: fn(text: *const Text) -> Handle }
entry fn close(handle: Handle);
entry fn open2() -> own Handle;
"""


def test_types_are_linked_and_ownership_is_told(tmp_path: Path) -> None:
    text = page(library_of(MEANING), tmp_path)
    assert section(text, "Thing.put").split("\n\n", 2)[2].splitlines() == [
        "Ends like [`drop`](#thingdrop), in a [`Text`](#text) of `size`.",
        "",
        "```",
        "`Text`",
        "```",
        "",
        "- `text` ([`Text`](#text)): May be null.",
        "- `size` ([`Text`](#text)): Valid during the call; do not free it.",
        "- `other` ([`Thing`](#thing)): It is the callee's, and ends with its own [`drop`](#thingdrop).",
        "- Result ([`Text`](#text)): It is the caller's, and is freed with the allocator `heap`.",
    ]
    result = "- Result ([`Handle`](#handle)): It is the caller's, and ends with [`close`](#close)."
    assert result in section(text, "open2")
    held = section(text, "Held")
    assert (
        "`thing`: [`own *mut Thing?`](#thing) | Belongs to whoever owns the struct, and ends with its own"
        " [`drop`](#thingdrop). May be null. |"
    ) in held
    assert "`f: fn(text: *const Text) -> Handle` ([`Text`](#text), [`Handle`](#handle))" in held


def test_null_is_said_once(tmp_path: Path) -> None:
    library = library_of(
        "struct S { /// Null for none.\n a: *const u8?, /// Some.\n b: *const u8? }"
    )
    text = page(library, tmp_path)
    assert "| `a: *const u8?` | Null for none. |" in text
    assert "| `b: *const u8?` | Some. May be null. |" in text


@pytest.mark.parametrize(
    "path",
    [*sorted((ROOT / "abi").glob("*.abi")), ROOT / "tests/cases/good/kitchen_sink.abi"],
    ids=lambda path: path.stem,
)
def test_every_link_leads_somewhere(path: Path, tmp_path: Path) -> None:
    _assert_links(page(library_at(path), tmp_path))


def test_names_that_make_one_anchor_are_told_apart(tmp_path: Path) -> None:
    text = page(
        library_of("struct Thing { a: u8 } vtable Constants { fn a(); } entry fn thing() -> Thing;"
                   "const ConstantsA: u8 = 1;"),
        tmp_path,
    )  # fmt: skip
    anchors = _assert_links(text)
    assert {"thing", "thing-1", "constants", "constants-1", "constantsa", "constantsa-1"} <= anchors
    assert "- Result ([`Thing`](#thing-1))" in text


def _assert_links(text: str) -> set[str]:
    """Each leads to a heading, whose anchors are made here as GitHub makes them."""
    outside = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    anchors: set[str] = set()
    for heading in re.findall(r"^#+ (.*)$", outside, re.MULTILINE):
        anchor = "".join(
            "-" if char == " " else char
            for char in heading.lower()
            if char.isalnum() or char in " -_"
        )
        number = 0
        while (made := f"{anchor}-{number}" if number else anchor) in anchors:
            number += 1
        anchors.add(made)
    links = re.findall(r"\]\(#([^)]*)\)", outside)
    assert links
    assert set(links) <= anchors
    return anchors
