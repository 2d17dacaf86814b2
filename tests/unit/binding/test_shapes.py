"""What shape each type and its attributes become: facts that bindings are made from."""

from __future__ import annotations

import pytest

from abilock.binding.calls import Call, Calls, Channel
from abilock.binding.calls import Test as Told
from abilock.binding.classify import Classifier
from abilock.binding.contents import Contents
from abilock.binding.forms import NOTHING, Forms
from abilock.binding.shapes import (
    Character,
    Content,
    Enumeration,
    Fixed,
    Form,
    Function,
    Number,
    Raw,
    Reference,
    Release,
    Rows,
    Sentinel,
    Shape,
    Single,
    Span,
    Terminated,
    Until,
    Value,
)
from abilock.model.decls import EntryFunction, Library
from abilock.model.types import Aggregate
from support.library import library_of

DECLARED = """
allocator heap = malloc/free;
enum Color { Red = 0, Blue = 5 }
union Either { i: i32, f: f32 }
opaque Bare;
opaque Session;
@free(close_closed) opaque Closed;
@string(ptr, len) struct Str { ptr: *const char, len: usize }
@bytes(ptr, len, cap) @owned(heap) struct Data { ptr: *mut u8, len: usize, cap: usize }
@list(data, len) struct Strs { data: *const Str, len: usize }
@optional(found) struct Maybe { found: bool, number: i64 }
@result(code, message) struct Outcome { code: i32, message: own *mut char? @nul @owned(heap), number: i64 }
@error_buffer(text) struct Why { text: [char; 16], kind: Color }
struct Point { x: i32, y: i32 }
struct Holder { point: Point, text: own *mut char @nul @owned(heap) }
struct Table { twice: fn(number: i32) -> i32 }
callback Late(@ctx ctx: *mut void, number: i32);
vtable Thing { state: *mut void, fn number(self: const) -> i32; drop fn drop(self: own); }
@context vtable Slots { fn number(self: const) -> i32; }
@object(ctx, slots) struct Pair { ctx: *mut void, slots: *const Slots }
type Argument = *const char @nul;
entry fn open_session() -> own *mut Session @free(close_session);
entry fn close_session(session: own *mut Session);
entry fn close_closed(closed: own *mut Closed);
"""


def parts(library: Library) -> tuple[Forms, Classifier, Contents, Calls]:
    forms = Forms(library)
    classifier = Classifier(forms)
    return forms, classifier, Contents(forms, classifier), Calls(forms, classifier)


def entry(text: str) -> Call:
    """The call of an entry with these parameters and result."""
    library = library_of(f"{DECLARED}{text}")
    *_, calls = parts(library)
    found = next(
        each
        for each in library.declarations
        if isinstance(each, EntryFunction) and each.name == "asked"
    )
    return calls.call(found.signature, found.attributes, NOTHING)


def shape(type_: str, beside: str = "") -> Shape:
    """What a parameter of this type is."""
    return entry(f"entry fn asked(v: {type_}{beside});").inputs[0].shape


@pytest.mark.parametrize(
    ("type_", "wanted"),
    [
        ("i32", Number("int")),
        ("f64", Number("float")),
        ("bool", Number("bool")),
        ("c_char", Character(wide=False)),
        ("wchar_t", Character(wide=True)),
        ("Color", Enumeration("Color")),
        ("u8 @as(Color)", Enumeration("Color")),
        ("i32 @none(-1)", Sentinel(Number("int"), -1)),
        ("Str", Value("Str")),
        ("Point", Value("Point")),
        ("*const Point", Value("Point", behind_pointer=True)),
        ("*const Point?", Value("Point", behind_pointer=True, nullable=True)),
        (
            "own *mut Point @owned(heap)",
            Value("Point", behind_pointer=True, release=Release(allocator="heap")),
        ),
        ("*const char @nul", Terminated("utf-8", False, Release())),
        ("*const char? @nul @encoding(latin1)", Terminated("latin-1", True, Release())),
        ("own *mut char @nul @owned(heap)", Terminated("utf-8", False, Release("heap"))),
        ("Argument", Terminated("utf-8", False, Release())),
        ("*const Thing", Reference("Thing", True, False, own=False, lent=False)),
        ("*const Thing @until(call)", Reference("Thing", True, False, own=False, lent=True)),
        ("own *mut Thing?", Reference("Thing", True, True, own=True, lent=False)),
        ("Pair", Reference("Pair", False, False, own=False, lent=False)),
        ("*const Session", Reference("Session", True, False, own=False, lent=False)),
        ("*mut Closed", Reference("Closed", True, False, own=False, lent=False)),
    ],
)
def test_one_member(type_: str, wanted: Shape) -> None:
    assert shape(type_) == wanted


def test_pointers_to_numbers() -> None:
    for type_, nullable in (("*const i32", False), ("*const i32?", True)):
        found = shape(type_)
        assert isinstance(found, Single)
        assert (found.shape, found.nullable) == (Number("int"), nullable)
    assert isinstance(shape("*mut i32 @inout"), Single)
    assert isinstance(shape("*mut Color @inout"), Single)
    for type_ in (
        "*mut i32",
        "own *const i32 @owned(heap)",
        "*const Either",
        "*mut Bare",
        "*mut void",
    ):
        assert isinstance(shape(type_), Raw), type_


def test_several_elements() -> None:
    found = shape("*const Point @len(n)", ", n: usize")
    assert isinstance(found, Span)
    assert (found.content, found.element, found.counter) == (Content.LIST, Value("Point"), "n")
    for type_, content in (("char", Content.TEXT), ("u8", Content.DATA), ("void", Content.DATA)):
        found = shape(f"*const {type_} @len(n)", ", n: usize")
        assert isinstance(found, Span)
        assert (found.content, found.is_room) == (content, False)
    for attribute, is_room in (("", True), (" @owned(heap)", False)):
        own = "own " if attribute else ""
        found = shape(f"{own}*mut u8 @len(n){attribute}", ", n: usize")
        assert isinstance(found, Span)
        assert (found.is_room, found.release.is_known) == (is_room, not is_room)
    found = shape("*const i32 @len(a * b + 1)", ", a: usize, b: usize")
    assert isinstance(found, Span)
    assert (found.counter, found.names) == (None, ("a", "b"))
    found = shape("*const i32? @until_value(-1)")
    assert isinstance(found, Until)
    assert (found.last, found.nullable) == (-1, True)
    found = shape("*const (*const u8) @len(n) @lens(sizes)", ", sizes: *const usize, n: usize")
    assert isinstance(found, Rows)
    assert (found.lengths, found.span.counter) == ("sizes", "n")


def test_functions() -> None:
    for scope in ("call", "once", "drop", "forever", "until(close_session)"):
        found = shape(f"Late @ctx(c) @scope({scope})", ", c: *mut void")
        assert found == Function("Late", "c", scope, nullable=False)


def test_what_is_written() -> None:
    call = entry("entry fn asked(a: *mut i32 @out, b: *mut Point? @inout);")
    assert [item.name for item in call.inputs] == ["b"]
    assert [(out.name, out.given, out.nullable) for out in call.outs] == [
        ("a", False, False),
        ("b", True, True),
    ]
    call = entry("entry fn asked(v: *mut i32 @len(n) @out, n: usize);")
    assert ([room.name for room in call.rooms], [item.name for item in call.inputs]) == (
        ["v"],
        ["n"],
    )


@pytest.mark.parametrize(
    ("text", "channel", "is_value"),
    [
        ("-> i32", Channel.NONE, False),
        ("-> Outcome", Channel.RESULT, False),
        ("-> i32 @ok(0)", Channel.STATUS, False),
        ("-> i32 @fails(< 0)", Channel.STATUS, True),
        ("-> *const Point? @fails(null)", Channel.STATUS, True),
    ],
)
def test_failures(text: str, channel: Channel, is_value: bool) -> None:
    outcome = entry(f"entry fn asked() {text};").outcome
    assert (outcome.channel, outcome.is_value) == (channel, is_value)


def test_values_that_mean_failure() -> None:
    assert entry("entry fn asked() -> i32 @fails(< 0);").outcome.fails == (Told("<", 0),)
    assert entry("entry fn asked() -> Color @ok(Red);").outcome.ok == (Told("==", 0),)


def test_forms_and_what_they_own() -> None:
    forms, _, contents, _ = parts(library_of(DECLARED))
    wanted = {
        "Str": (Form.TEXT, False),
        "Data": (Form.DATA, True),
        "Strs": (Form.LIST, False),
        "Maybe": (Form.OPTIONAL, False),
        "Outcome": (Form.RESULT, True),
        "Why": (Form.ERROR, False),
        "Point": (Form.RECORD, False),
        "Holder": (Form.RECORD, True),
        "Table": (Form.OBJECT, False),
        "Pair": (Form.PAIR, False),
        "Either": (Form.RAW, False),
    }
    for each in forms.library.declarations:
        if isinstance(each, Aggregate):
            assert (forms.form(each.name), contents.owns(each.name)) == wanted[each.name], each.name
    assert [forms.form(name) for name in ("Thing", "Bare", "Session", "Closed")] == [
        *(Form.OBJECT, Form.RAW, Form.RESOURCE, Form.RESOURCE),
    ]
    assert forms.ending("Session") == Release(entry="close_session")
    assert forms.ending("Closed") == Release(entry="close_closed")
    assert forms.pairs("Slots") == ("Pair",)
    assert (forms.state("Thing"), forms.state("Pair"), forms.state("Slots")) == (
        "state",
        "ctx",
        None,
    )


def test_what_is_inside() -> None:
    _, _, contents, _ = parts(library_of(DECLARED))
    view = contents.view("Data")
    assert (view.pointer, view.length, view.capacity, view.release) == (
        *("ptr", "len", "cap"),
        Release(allocator="heap"),
    )
    result = contents.result("Outcome")
    assert (result.code, result.message and result.message.name) == ("code", "message")
    assert [item.name for item in contents.record("Holder")] == ["point", "text"]
    error = contents.error("Why")
    assert (error.text.name, [item.name for item in error.fields]) == ("text", ["kind"])
    assert isinstance(error.text.shape, Fixed)
