"""What compilers of one target do not agree on is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from abilock.layout.disputes import disputes
from abilock.layout.target import TARGETS, find_target
from abilock.model import types
from abilock.model.types import Aggregate, Field
from support.library import library_of
from support.models import library

MINGW = "x86_64-pc-windows-gnu"
BYTE = types.Scalar("u8")


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ("union S { a: u32 : 3, b: u8 }", "a"),
        ("struct S { a: u8, _: union { x: u8, y: u8 : 2 } }", "y"),
        ("@packed struct S { a: u8 : 3, _: u32 : 0 }", None),
        ("vtable S { fn get(); u: union { x: u8 : 2 } }", "x"),
    ],
)
def test_on_mingw(text: str, member: str | None) -> None:
    found = disputes(library_of(text), TARGETS)
    assert [(each.declaration, each.member, each.target.triple) for each in found] == [
        ("S", member, MINGW)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "struct S { a: u32 : 3, _: u32 : 0, b: u8 }",
        "@packed struct S { a: u32 : 3, b: u8 }",
        "union S { bits: struct { lo: u16 : 3, hi: u16 : 4 }, all: u16 }",
        "struct S { @align(8) a: u8, @align(16) b: u8 }",
        "@packed(16) @align(4) struct S { a: u8 }",
    ],
)
def test_no_dispute(text: str) -> None:
    assert disputes(library_of(text), TARGETS) == ()


@pytest.mark.parametrize(
    "given",
    [
        Aggregate("S", False, (Field("a", BYTE),), packed=32),
        Aggregate("S", False, (Field("a", BYTE, align=4),), packed=1),
        Aggregate("S", False, (Field("a", BYTE, bits=3, align=4),)),
        Aggregate(
            "S",
            False,
            (
                Field(
                    "n",
                    types.Nested(Aggregate("S.n", False, (Field("a", BYTE),))),
                    align=8,
                ),
            ),
        ),
    ],
)
def test_everywhere(given: Aggregate) -> None:
    assert len(disputes(library([given]), TARGETS)) == len(TARGETS)
    calm = replace(
        given, packed=None, fields=tuple(replace(each, align=None) for each in given.fields)
    )
    assert disputes(library([calm]), [find_target(MINGW)]) == ()
