"""What is said of a layout that changed."""

from __future__ import annotations

import json

import pytest

from abilock.outputs.layout.table import table
from abilock.pipeline import lay_out_all
from abilock.present.layout_changes import Table, changes, read_table
from support.library import library_of

VTABLE = "vtable V {{ state: *mut void; {} }}"
SLOTS = ["fn a(self: mut);", "fn b(self: mut);", "fn c(self: mut);"]
NEW = "fn n(self: mut);"


def read(text: str) -> Table:
    library = library_of(text)
    found = read_table(json.dumps(table(library, lay_out_all(library)[0])).encode())
    assert found is not None
    return found


def vtable(*slots: str) -> str:
    return VTABLE.format(" ".join(slots))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            vtable(*SLOTS),
            vtable(SLOTS[0], NEW, *SLOTS[1:]),
            "V: n inserted at slot 1; 2 slots behind it moved; size 32 -> 40",
        ),
        (vtable(*SLOTS), vtable(*SLOTS, NEW), "V: n appended at slot 3; size 32 -> 40"),
        (vtable(*SLOTS), vtable(*SLOTS[1:]), "V: a removed; 2 slots moved; size 32 -> 24"),
        (vtable(*SLOTS), vtable(SLOTS[0], NEW, SLOTS[2]), "V: b is called n"),
        (vtable(*SLOTS), vtable(SLOTS[1], SLOTS[0], SLOTS[2]), "V: 2 slots moved"),
        (
            "struct S { a: u8, b: u8 }",
            "struct S { n: u8, a: u8, m: u8, b: u8 }",
            "S: n, m inserted at offset 0; 2 members moved; size 2 -> 4",
        ),
        (
            "struct S { a: u8, b: u64 }",
            "struct S { a: u8, n: u8, b: u64 }",
            "S: n inserted at offset 1",
        ),
        (
            "struct S { a: u32, b: u8 }",
            "struct S { a: u64, b: u8 }",
            "S: a takes 4 bytes -> 8 bytes; 1 member moved; size 8 -> 16; align 4 -> 8",
        ),
        (
            "struct S { a: u32 : 3, b: u32 : 5 }",
            "struct S { a: u32 : 4, b: u32 : 5 }",
            "S: a takes 3 bits -> 4 bits; 1 member moved",
        ),
        (
            "struct S { a: u32, head: struct { x: u8, y: u8 } }",
            "struct S { head: struct { x: u8, y: u8 } }",
            "S: a removed; 1 member moved; size 8 -> 2; align 4 -> 1",
        ),
        (
            "enum E { A, B = 7, C }",
            "enum E { A, B = 2, D = 9 }",
            "E: B = 7 -> 2; D = 9 added; C removed",
        ),
        ("struct S { a: u8 }", "union S { a: u8 }", "S: struct -> union"),
        ("struct S { a: u8 }", "struct S { a: u8 } struct T { b: u32 }", "T: new struct of size 4"),
        ("struct S { a: u8 } struct T { b: u32 }", "struct S { a: u8 }", "T: removed"),
    ],
)
def test_a_change(old: str, new: str, said: str) -> None:
    assert changes(read(old), read(new)) == ("test on x86_64-unknown-linux-gnu:", f"  {said}")


def test_no_change() -> None:
    one = "struct S { a: u8, b: u32 }"
    assert changes(read(one), read(one)) == ()
    assert changes(read(one), read(one.replace("u32", "f32"))) == ()


def test_long_lists_are_cut() -> None:
    old = " ".join(f"struct S{number} {{ a: u8 }}" for number in range(25))
    lines = changes(read(old), read(old.replace("u8", "u16")))
    assert len(lines) == 22
    assert lines[-1] == "  … and 5 more types"
    many = " ".join(f"n{number}: u8," for number in range(9))
    (_, line) = changes(read("struct S { a: u8 }"), read(f"struct S {{ a: u8, {many} }}"))
    assert "n0, n1, n2, n3 and 5 more appended at offset 1" in line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<<<<<<< HEAD\n",
        "[]",
        "{}",
        '{"abi": "x", "target": "y", "types": {"S": {}}}',
        '{"abi": "x", "target": "y", "types": {"S": {"kind": "a", "size": 1, "align": 1, "fields": 3}}}',
    ],
)
def test_what_is_no_table_is_not_told_of(text: str) -> None:
    assert read_table(text.encode()) is None
