"""Fingerprints: equal where two binaries understand each other, and different where they do not."""

from __future__ import annotations

import pytest

from abilock.model.exact import exact_types
from abilock.model.witness import Measure, Row, rows
from support.library import library_of

TEXT = """
type Count = u32;
enum Mode { Off = 0, On = 1 }
opaque Token;
struct Pair { a: u32, b: *const u8? @len(a) }
struct Box { inside: struct { x: i32, y: Count }, list: [Pair; 2] }
callback Heard(@ctx ctx: *mut void, n: u32);
vtable Shop {
    state: *mut void,
    drop fn end(self: own),
    fn add(self: mut, pair: *const Pair, count: Count) -> i32,
    optional fn find(self: const, token: *mut Token?) -> own *mut Pair? @owned(rust),
}
entry fn shop() -> own *mut Shop;
"""
HEADER = "allocator rust = malloc/free;\n"


def all_rows(text: str) -> dict[str, Row]:
    groups = rows(library_of(f"abi test 1.2.0;\n{HEADER}{text}"))
    return {
        f"{row.owner}.{row.name}" if row.owner else row.name: row for each in groups for row in each
    }


KNOWN = all_rows(TEXT)


def differing(old: str, new: str) -> tuple[set[str], set[str]]:
    """Elements whose forms differ, and those whose contracts do."""
    assert old in TEXT, old
    found = all_rows(TEXT.replace(old, new))
    both = KNOWN.keys() & found.keys()
    return (
        {name for name in both if KNOWN[name].form != found[name].form},
        {name for name in both if KNOWN[name].contract != found[name].contract},
    )


def test_rows_are_declarations_with_their_members() -> None:
    assert [name for name in KNOWN if "Box" in name] == [
        "Box", "Box.inside", "Box.inside.x", "Box.inside.y", "Box.list",
    ]  # fmt: skip
    assert KNOWN["Shop.add"].line == (
        "slot add fn(self: mut, pair: *const Pair, count: Count) -> i32"
    )
    assert KNOWN["Mode.On"].line == "value On 1"
    assert KNOWN["Pair"].line == "struct Pair"
    assert KNOWN["Pair"].measure is Measure.SIZE
    assert KNOWN["Box.inside.x"].measure is Measure.PLACE
    assert KNOWN["Heard"].measure is Measure.NOTHING


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pair: *const Pair, count", "it: *const Pair, n"),
        ("struct Pair", "/// Two.\nstruct Pair"),
        ("fn add", "/// Adds.\n@deprecated(1.2.0) fn add"),
        ("state: *mut void", "@since(1.2.0) state: *mut void"),
        ("drop fn end", '@py("stop") drop fn end'),
        ("y: Count", "y: u32"),
        ("n: u32)", "n: c_uint)"),
        ("b: *const u8? @len(a)", "b: *const u8? @len(a) "),
    ],
)
def test_what_means_the_same(old: str, new: str) -> None:
    assert differing(old, new) == (set(), set())


@pytest.mark.parametrize(
    ("old", "new", "elements"),
    [
        ("type Count = u32", "type Count = i32", {"Shop.add", "Box.inside", "Box.inside.y"}),
        ("count: Count)", "count: u64)", {"Shop.add"}),
        (") -> i32", ") -> u32", {"Shop.add"}),
        ("pair: *const Pair", "pair: own *mut Pair @owned(rust)", {"Shop.add"}),
        ("pair: *const Pair, count: Count", "count: Count, pair: *const Pair", {"Shop.add"}),
        ("n: u32)", "n: u32, m: u32)", {"Heard"}),
        ("-> own *mut Shop", "-> *mut Shop @until(library)", {"shop"}),
        ("On = 1", "On = 3", {"Mode.On"}),
        ("struct Pair {", "@packed struct Pair {", {"Pair"}),
        ("struct Pair {", "@align(32) struct Pair {", {"Pair"}),
        ("enum Mode {", "enum Mode: u8 {", {"Mode"}),
        ("[Pair; 2]", "[Pair; 3]", {"Box.list"}),
        ("fn add(", 'extern "stdcall" fn add(', {"Shop.add"}),
    ],
)
def test_what_binaries_understand_otherwise(old: str, new: str, elements: set[str]) -> None:
    forms, contracts = differing(old, new)
    assert forms == elements
    assert contracts >= forms


@pytest.mark.parametrize(
    ("old", "new", "elements"),
    [
        ("token: *mut Token?", "token: *mut Token", {"Shop.find"}),
        ("u8? @len(a)", "u8?", {"Pair.b"}),
        ("optional fn find", "fn find", {"Shop.find"}),
        ("fn add", "@blocking fn add", {"Shop.add"}),
        ("fn add", "@thread(any) fn add", {"Shop.add"}),
        ("struct Pair", "@owned(rust) struct Pair", {"Pair"}),
        ("b: *const u8?", "b: *mut u8?", {"Pair.b"}),
        ("entry fn shop", "optional entry fn shop", {"shop"}),
        ("type Count = u32", "type Count = c_uint", set()),
    ],
)
def test_what_is_promised_otherwise(old: str, new: str, elements: set[str]) -> None:
    assert differing(old, new) == (set(), elements)


def test_a_name_that_an_attribute_gives_stands_for_its_place() -> None:
    text = "callback Cb(@ctx me: *mut void, data: *const u8 @len(size), size: usize);"
    other = text.replace("(size)", "(n)").replace(", size:", ", n:").replace("me:", "it:")
    assert all_rows(text)["Cb"].contract == all_rows(other)["Cb"].contract
    assert all_rows(text)["Cb"].contract != all_rows(text.replace(" @len(size)", ""))["Cb"].contract


def test_bits_are_where_those_before_them_leave_off() -> None:
    text = "struct Bits { a: u32 : 3, b: u32 : 4, c: u32 : 5 }"
    one, other = all_rows(text), all_rows(text.replace("b: u32 : 4", "b: u32 : 6"))
    assert one["Bits.a"].form == other["Bits.a"].form
    assert one["Bits.c"].form != other["Bits.c"].form
    padded = all_rows(text.replace("c: u32", "_: u32 : 0, c: u32"))
    assert one["Bits.b"].form == padded["Bits.b"].form
    assert one["Bits.c"].form != padded["Bits.c"].form


def test_long_texts_are_cut_and_told_apart() -> None:
    one, other = (all_rows(f'const TEXT: str = "{"x" * 4000}{end}";')["TEXT"] for end in "ab")
    assert one.line == other.line
    assert len(one.line) < 1100
    assert one.contract != other.contract


def test_what_has_no_room_to_grow() -> None:
    text = """
    struct ByValue { a: u8 }
    struct Returned { a: u8 }
    struct InArray { a: u8 }
    struct Listed { a: u8 }
    struct Behind { a: u8 }
    struct Several { a: u8 }
    struct Sized { a: u8 }
    struct Inner { a: u8 }
    struct InRows { a: u8 }
    struct Variable { a: u8 }
    type Other = ByValue;
    @list(data, len) struct List { data: *const Listed, len: usize }
    struct Holder { array: [InArray; 3], one: *const Behind, many: *const Several @len(n), n: u32,
        nested: struct { inner: *const Inner @len(m), m: u32 } }
    entry static const all: [Variable; 3];
    entry fn sized(all: *const Sized @size(n), n: usize);
    entry fn rows(rows: *const *const InRows @len(n) @lens(of), of: *const u32, n: u32);
    callback Cb(a: Other, b: *const Behind) -> Returned;
    """
    found = exact_types(library_of(text))
    assert found == set(
        "ByValue Returned InArray Listed Several Sized Inner InRows Variable".split()
    )
