"""Bounds hold on every target, so that whoever trusts them overlooks nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from abilock.layout.bounds import largest_bound
from abilock.layout.engine import lay_out
from abilock.layout.target import TARGETS
from abilock.model.decls import Library
from support.library import library_of
from support.models import libraries


@settings(max_examples=40)
@given(library=libraries())
def test_nothing_is_larger_than_its_bound(library: Library) -> None:
    bound = largest_bound(library)
    for target in TARGETS:
        sizes = [each.size for each in lay_out(library, target).types.values()]
        assert max(sizes, default=0) <= bound


@pytest.mark.parametrize(
    "text",
    [
        "struct S { a: *const [u8; 1 << 31] }",
        "callback Cb(a: *const (*mut [u16; 1 << 30]));",
        "entry fn f() -> *const [[u8; 65536]; 32768];",
        "vtable V { fn a(p: *const [u64; 1 << 28]); }",
        "type T = [u8; 1 << 31]; struct S { a: *const T }",
        "struct N { a: struct { b: [u8; 1 << 31] } }",
        "struct B { a: [u8; 1 << 20] } struct S { a: [B; 2048] }",
        "@align(4096) struct A { a: u8 } struct S { a: [A; 1 << 19] }",
    ],
)
def test_what_is_large_is_seen_wherever_it_is_written(text: str) -> None:
    assert largest_bound(library_of(text)) >= 2**31 - 1
