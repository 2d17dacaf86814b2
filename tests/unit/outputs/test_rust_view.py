"""Rust text from small models: what the compiler cannot tell us is wrong."""

from __future__ import annotations

import pytest

from abilock.layout.engine import lay_out
from abilock.layout.target import TARGETS
from abilock.model.attributes import Attribute, Attributes, Text, Word
from abilock.model.decls import (
    Callback,
    Compat,
    Constant,
    Declaration,
    EntryFunction,
    EnumDecl,
    EnumKind,
    EnumValue,
    Library,
    Opaque,
    Receiver,
    Slot,
    Vtable,
)
from abilock.model.types import (
    Aggregate,
    Array,
    Doc,
    Field,
    Named,
    Nested,
    Parameter,
    Pointer,
    Result,
    Scalar,
    Signature,
    Type,
    Void,
)
from abilock.model.version import Version
from abilock.outputs.rust.text import string_literal
from abilock.outputs.rust.view import pages
from abilock.render.environment import make_environment, render

STATE = Field("state", Pointer(Void(), mutable=True))


def module(*declarations: Declaration) -> str:
    """The module without its head, as lines without the indentation of the inner module."""
    library = Library(
        name="x",
        version=Version(1, 0, 0),
        source="abi/x.abi",
        doc=Doc(),
        compat=Compat("exact"),
        targets=tuple(target.triple for target in TARGETS),
        allocators=(),
        declarations=declarations,
    )
    layouts = tuple(lay_out(library, target) for target in TARGETS)
    page, *_ = pages(library, layouts)
    assert page.path == "rust/x.rs"
    return render(make_environment(), page.template, page.view)


def slot(name: str, *, optional: bool = False, drop: bool = False) -> Slot:
    receiver = Parameter(None, Pointer(Void(), mutable=True), receiver=True)
    return Slot(name, Signature((receiver,), None), Receiver.MUT, optional, drop)


def struct(
    name: str, *fields: Field, packed: int | None = None, align: int | None = None
) -> Aggregate:
    return Aggregate(name, False, fields, packed, align)


def attributes(name: str, *words: str) -> Attributes:
    return Attributes((Attribute(name, tuple(Word(word) for word in words)),))


# --- structs and vtables


#: Behind what is declared comes what puts the witness into a library.
WITNESS = "\n/// What `witness!` puts into a library"


def test_a_slot_more_is_two_lines_more() -> None:
    """A vtable of pointers has no numbers that move: the slot, and its name in the order."""
    old, _, _ = module(Vtable("V", (STATE, slot("a"), slot("c")))).partition(WITNESS)
    new, _, _ = module(Vtable("V", (STATE, slot("a"), slot("b"), slot("c")))).partition(WITNESS)
    before, after = old.splitlines(), new.splitlines()
    assert len(after) == len(before) + 2
    assert [line for line in after if line not in before] == [
        '        pub b: unsafe extern "C" fn(state: *mut c_void),',
        "        b,",
    ]


def test_optional_slots_may_be_null() -> None:
    text = module(
        Vtable("V", (STATE, slot("a", optional=True), slot("b", optional=True, drop=True)))
    )
    assert 'pub a: Option<unsafe extern "C" fn(state: *mut c_void)>,' in text
    assert 'pub b: Option<unsafe extern "C" fn(state: *mut c_void)>,' in text


def test_only_plain_data_is_copied() -> None:
    text = module(
        struct("Plain", Field("a", Scalar("u32"))),
        Aggregate(
            "Freed", False, (Field("a", Scalar("u32")),), attributes=attributes("owned", "rust")
        ),
        struct("Holds", Field("freed", Array(Named("Freed"), 2))),
        Vtable("V", (STATE,)),
    )
    assert "#[derive(Clone, Copy, Debug)]\n    #[repr(C)]\n    pub struct Plain" in text
    for name in ("Freed", "Holds", "V"):
        assert f"    #[derive(Debug)]\n    #[repr(C)]\n    pub struct {name}" in text


def test_a_union_does_not_drop_what_it_holds() -> None:
    freed = Aggregate(
        "Freed", False, (Field("a", Scalar("u32")),), attributes=attributes("owned", "rust")
    )
    text = module(freed, Aggregate("U", True, (Field("freed", Named("Freed")),)))
    assert "pub freed: ::core::mem::ManuallyDrop<Freed>," in text


def test_nested_members_are_helper_types() -> None:
    inner = Aggregate("N.anonymous", True, (Field("a", Scalar("u8")),))
    head = Aggregate("N.head", False, (Field("x", Scalar("i32")),))
    text = module(struct("N", Field("head", Nested(head)), Field(None, Nested(inner))))
    assert "/// The type of `N.head`." in text
    assert "pub head: N_head," in text
    assert "pub anonymous_0: N_anonymous_0," in text
    assert text.index("pub struct N_head") < text.index("pub struct N ")


@pytest.mark.parametrize(
    "given",
    [
        struct("S", Field("a", Scalar("u32"), bits=3)),
        struct("S", Field("a", Scalar("u32")), packed=1, align=8),
        struct("S", Field("a", Scalar("u32"), align=8), packed=1),
        struct("S", Field("a", Named("Aligned")), packed=1),
        struct("S", Field("a", Named("Contains")), packed=2),
    ],
    ids=["bits", "packed and aligned", "field aligned", "aligned inside", "aligned deep inside"],
)
def test_what_rust_cannot_spell_is_bytes(given: Aggregate) -> None:
    aligned = struct("Aligned", Field("a", Scalar("u8")), align=16)
    contains = struct("Contains", Field("a", Array(Named("Aligned"), 2)))
    text = module(aligned, contains, given)
    assert (
        "    pub struct S {\n        storage: [::core::mem::MaybeUninit<u8>; Self::SIZE],\n    }"
        in text
    )


def test_accessors_do_not_collide() -> None:
    one, two = Field("a", Scalar("u32"), bits=3), Field("set_a", Scalar("u32"), bits=3)
    text = module(struct("S", one, two))
    assert "bits! { a, set_a: u32, AT_A, 3 }" in text
    assert "bits! { set_a_, set_set_a: u32, AT_SET_A, 3 }" in text


def test_what_must_not_be_copied_has_an_address_only() -> None:
    freed = Aggregate(
        "Freed", False, (Field("a", Scalar("u32")),), attributes=attributes("owned", "rust")
    )
    text = module(
        freed, struct("S", Field("freed", Named("Freed")), Field("a", Scalar("u8"), bits=1))
    )
    assert "address! { freed_ptr: Freed, AT_FREED }" in text


def test_zero_is_only_offered_where_it_is_a_value() -> None:
    enum = EnumDecl("E", EnumKind.CLOSED, "u8", (EnumValue("ONE", 1),))
    bits = Field("a", Scalar("u8"), bits=1)
    assert "ZERO" in module(struct("S", bits))
    assert "ZERO" not in module(enum, struct("S", bits, Field("e", Named("E"))))
    assert "ZERO" in module(Vtable("V", (bits, slot("a", optional=True))))
    assert "ZERO" not in module(Vtable("V", (bits, slot("a"))))


# --- enums


def test_repeated_values_are_constants() -> None:
    values = (EnumValue("A", 0), EnumValue("B", 0, alias_of="A"), EnumValue("C", 0))
    text = module(EnumDecl("E", EnumKind.CLOSED, "c_int", values))
    assert "    pub enum E {\n        A = 0,\n    }" in text
    assert "pub const B: Self = Self::A;" in text
    assert "pub const C: Self = Self::A;" in text


def test_flags_named_like_their_method() -> None:
    text = module(EnumDecl("M", EnumKind.FLAGS, "u8", (EnumValue("contains", 1),)))
    assert "flags! { M, contains_ }" in text


# --- functions


@pytest.mark.parametrize(
    ("convention", "text"),
    [
        ("C", 'pub type Cb = unsafe extern "C" fn(u8);'),
        ("cdecl", 'pub type Cb = unsafe extern "C" fn(u8);'),
        ("system", 'pub type Cb = unsafe extern "system" fn(u8);'),
        ("stdcall", "pub type Cb = stdcall!(fn(u8));"),
        ("vectorcall", "pub type Cb = *const c_void;"),
    ],
)
def test_conventions(convention: str, text: str) -> None:
    signature = Signature((Parameter(None, Scalar("u8")),), None, convention=convention)
    assert text in module(Callback("Cb", signature))


def test_variadic_functions_have_the_convention_of_c() -> None:
    signature = Signature(
        (Parameter("n", Scalar("u8")),), None, variadic=True, convention="stdcall"
    )
    text = module(Callback("Cb", signature))
    assert 'pub type Cb = unsafe extern "C" fn(n: u8, ...);' in text
    assert "macro_rules! stdcall" not in text


def test_entries_have_a_type_that_checks_an_export() -> None:
    text = module(EntryFunction("open", Signature((), Result(Scalar("u32")))))
    assert 'pub type open_fn = unsafe extern "C" fn() -> u32;' in text
    assert "const _: open_fn = open;" in text


# --- names and text


def test_names_of_the_library_hide_those_of_core() -> None:
    cb = Callback("Cb", Signature((), None))
    holder = struct("H", Field("cb", Named("Cb", nullable=True)), Field("p", Pointer(Void(), True)))
    text = module(Opaque("Option"), Opaque("c_void"), cb, holder)
    assert "pub cb: ::core::option::Option<Cb>," in text
    assert "pub p: *mut ::core::ffi::c_void," in text
    assert "use ::core::ffi" not in text


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ('a"b\\', r'"a\"b\\"'),
        ("\0\n", r'"\u{0}\u{a}"'),
        ("\u202eé", r'"\u{202e}é"'),
    ],
)
def test_string_literals(text: str, literal: str) -> None:
    assert string_literal(text) == literal


def test_a_string_with_nul_has_no_c_string() -> None:
    assert "A_CSTR" in module(Constant("A", "str", "a"))
    assert "CSTR" not in module(Constant("A", "str", "a\0b"))


def test_docs_stay_docs() -> None:
    doc = Doc(("```", "panic!()", "", "*/ <script> ]"))
    text = module(Aggregate("S", False, (Field("a", Scalar("u8"), doc=doc),), doc=doc))
    inner = text[text.index("mod x_abi {") :]
    for line in inner.splitlines():
        assert "panic!()" not in line or line.strip().startswith("/// ")


def test_deprecated() -> None:
    old = Attributes((Attribute("deprecated", (Version(1, 2, 0), Text('use "b"'))),))
    text = module(struct("S", Field("a", Scalar("u8"), attributes=old)))
    assert (
        '        #[deprecated(since = "1.2.0", note = "use \\"b\\"")]\n        pub a: u8,' in text
    )


def test_unused_macros_are_left_out() -> None:
    text, found, _ = module(Constant("A", "u8", 1)).partition(WITNESS)
    assert found
    assert "macro_rules!" not in text


def test_nothing_depends_on_the_order_of_sets() -> None:
    fields = [
        Field(f"f{at}", Scalar(name)) for at, name in enumerate(("c_long", "c_char", "c_int"))
    ]
    assert "use ::core::ffi::{c_char, c_int, c_long};" in module(struct("S", *fields))


@pytest.mark.parametrize(
    "scalar", ["c_char", "wchar_t", "c_long", "size_t", "isize", "bool", "f64"]
)
def test_scalars_are_pasted_nowhere_else(scalar: str) -> None:
    type_: Type = Scalar(scalar)
    text = module(struct("S", Field("a", type_)))
    assert ("use ::core::ffi" in text) is (scalar in ("c_char", "c_long"))
    assert ("pub type wchar_t" in text) is (scalar == "wchar_t")
