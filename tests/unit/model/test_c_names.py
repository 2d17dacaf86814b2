"""Names that a description gives for C."""

from __future__ import annotations

import json

import pytest

from abilock.model.c_names import c_globals, in_own_names
from abilock.outputs.c_declarations import CNaming
from support.library import library_of
from support.rendering import header_text, rendered

TEXT = """
@c("shop_kind", "KIND_") enum Kind { Small, @c("LARGE") Large, Huge = 1 }
@c("shop_flags") flags Flags: u8 { A }
@c("SHOP_MOST") const MOST: u32 = 4;
@c("shop_size_t") type Size = u32;
@c("shop_done_fn") callback Done(kind: Kind);
@c("shop_box") struct Box { @c("w") width: Size, inner: struct { @c("d") deep: u8, class: u8 } }
@c("shop_shelf") @object(self) vtable Shelf { @c("on_sell") fn sell(self: mut, box: *const Box); }
@c("shop_open_2") entry fn open(done: Done @scope(call)) -> *const Shelf;
@c("shop_level") entry static const level: u32;
"""


def test_what_a_header_has() -> None:
    library = library_of(TEXT)
    names = [name for each in library.declarations for name in c_globals(each)]
    assert names == [
        *("shop_kind", "KIND_Small", "LARGE", "KIND_Huge", "shop_flags", "shop_flags_A"),
        *("SHOP_MOST", "shop_size_t", "shop_done_fn", "shop_box", "shop_shelf"),
        *("shop_open_2", "shop_open_2_fn", "shop_level"),
    ]
    text = header_text(library)
    assert "struct shop_box {\n    shop_size_t w;" in text
    assert "        uint8_t d;\n" in text
    assert "void (*on_sell)(shop_shelf *self, const shop_box *box);" in text
    assert "extern TEST_EXPORT const uint32_t shop_level;" in text
    assert "KIND_Huge = LARGE" in text, "an alias names the other value as C does"
    assert "SHOP_" not in text.replace("SHOP_MOST", "")


def test_members_under_their_types() -> None:
    naming = CNaming.of(library_of(TEXT))
    assert naming.dotted("Box", "width") == "w"
    assert naming.dotted("Box", "inner.deep") == "inner.d"
    assert naming.dotted("Box", "inner.class") == "inner.class_"
    assert naming.dotted("Shelf", "sell") == "on_sell"


@pytest.mark.slow
def test_everything_but_headers_keeps_its_own() -> None:
    pages = rendered(library_of(TEXT), "layout", "rust", "docs", "cffi")
    layout = json.loads(next(text for path, text in pages.items() if path.endswith(".json")))
    assert {"Box", "Shelf", "Kind", "Flags"} <= set(layout["types"])
    assert "pub struct Box {" in pages["rust/test.rs"]
    assert "pub static level" not in pages["rust/test.rs"], "the symbol is another"
    assert "pub static shop_level: level_static" in pages["rust/test.rs"]
    assert "In C: `shop_box`." in pages["docs/test.md"]
    assert "In C: `KIND_Small`." in pages["docs/test.md"]
    cdef = pages["python/test/_cdef.py"]
    assert "struct Box {" in cdef
    assert "shop_open_2(" in cdef, "symbols are what they are"


def test_without_them() -> None:
    library = in_own_names(library_of(TEXT))
    names = [name for each in library.declarations for name in c_globals(each)]
    assert names[:3] == ["Kind", "Kind_Small", "Kind_Large"]
    assert names[-1] == "shop_level"
    assert CNaming.of(library).dotted("Box", "inner.deep") == "inner.deep"
