"""The types of the matrix: small, one or two of each shape."""

from __future__ import annotations

from typing import Any, ClassVar

from support.matrix import POSITIONS, Kind, behind, pointers

#: What has its length beside it is no element, and something to fill is no pointer to it.
COUNTED = ("element", "out", "inout")
FILLED = tuple(each for each in POSITIONS if each not in ("out", "inout"))
_POINT = "struct Point { x: i32, y: f64 }"
_STR = "@string(ptr, len) struct Str { ptr: *const char, len: usize }"
OWNED = (
    "@string(ptr, len, cap) @owned(heap) struct Owned { ptr: *mut char, len: usize, cap: usize }"
)
THING = """@owned(heap) vtable Thing {
    state: *mut void, fn number(self: const) -> i32; drop fn drop(self: own);
}"""


class Thing:
    """An object of ours, which tells how often it has ended."""

    #: Those that somebody may still look at.
    made: ClassVar[list[Thing]] = []

    def __init__(self) -> None:
        self.closed = 0
        self.made.append(self)

    def number(self) -> int:
        return 7

    def close(self) -> None:
        self.closed += 1


def _called(value: Any) -> Any:
    return value.number()


KINDS = (
    Kind("number", pointers("i32"), lambda p: -5),
    Kind("bool", pointers("bool"), lambda p: True),
    Kind("float", pointers("f64"), lambda p: 0.5),
    Kind("character", pointers("c_char"), lambda p: b"x", skips=("element",)),
    Kind(
        "enum",
        pointers("Color"),
        lambda p: p.Color.Blue,
        "enum Color { Red = 0, Blue = 5 }",
    ),
    Kind(
        "open enum",
        pointers("Level"),
        lambda p: p.Level(77),
        "open enum Level: u16 { Low = 1 }",
    ),
    Kind(
        "flags",
        pointers("Bits"),
        lambda p: p.Bits.A | p.Bits.C,
        "flags Bits: u32 { A = 1, B = 2, C = 4 }",
    ),
    Kind("NUL text", behind("char", "@nul"), lambda p: "café"),
    Kind("text with a length", behind("char", "@len(n)"), lambda p: "a\0é", skips=COUNTED),
    Kind(
        "bytes with a length",
        behind("u8", "@len(n)"),
        lambda p: bytearray(b"\0\xff"),
        seen=bytes,
        skips=COUNTED,
    ),
    Kind(
        "numbers with a length",
        behind("i32", "@len(n)"),
        lambda p: [1, -2, 3],
        skips=COUNTED,
        is_list=True,
    ),
    Kind("numbers up to a value", behind("i32", "@until_value(0)"), lambda p: [4, 5]),
    Kind("text view", pointers("Str"), lambda p: "zoë", _STR),
    Kind("owned text view", pointers("Owned"), lambda p: "zoë", OWNED),
    Kind(
        "bytes view",
        pointers("Bytes"),
        lambda p: b"\0\1",
        "@bytes(ptr, len) struct Bytes { ptr: *const u8, len: usize }",
    ),
    Kind(
        "owned bytes view",
        pointers("Data"),
        lambda p: b"\0\1",
        "@bytes(ptr, len, cap) @owned(heap) struct Data { ptr: *mut u8, len: usize, cap: usize }",
    ),
    Kind(
        "list view",
        pointers("Numbers"),
        lambda p: [1, 2],
        "@list(data, len) struct Numbers { data: *const i32, len: usize }",
    ),
    Kind(
        "owned list of texts",
        pointers("Names"),
        lambda p: ["a", "", "ü"],
        f"{OWNED}\n@list(data, len, cap) @owned(heap)"
        " struct Names { data: *mut Owned, len: usize, cap: usize }",
    ),
    Kind(
        "optional view",
        pointers("Maybe"),
        lambda p: 9,
        "@optional(found) struct Maybe { found: bool, number: i64 }",
    ),
    Kind("record", pointers("Point"), lambda p: p.Point(x=1, y=0.25), _POINT),
    Kind(
        "nested record",
        pointers("Line"),
        lambda p: p.Line(
            name="é",
            from_=p.Point(x=1, y=2.0),
            to=[p.Point(x=3, y=4.0)],
            tags=["a", "b"],
            code="xy",
        ),
        f"{_POINT}\n{_STR}\nstruct Line {{ name: Str, from: Point,"
        " to: *const Point @len(count), count: u32,"
        " tags: *const Str @len(tag_count), tag_count: u8, code: [char; 4] }",
    ),
    Kind(
        "record that owns",
        pointers("Item"),
        lambda p: p.Item(key="k", value="v"),
        f"{OWNED}\nstruct Item {{ key: Owned, value: own *mut char @nul @owned(heap) }}",
    ),
    Kind(
        "records with a length",
        behind("Point", "@len(n)"),
        lambda p: [p.Point(x=1, y=2.0)],
        _POINT,
        skips=COUNTED,
        is_list=True,
    ),
    Kind(
        "texts with a length",
        behind("Str", "@len(n)"),
        lambda p: ["a", "bc"],
        _STR,
        skips=COUNTED,
        is_list=True,
    ),
    Kind(
        "numbers to fill",
        (("`*mut` @len(n)", "i32", "@len(n)"),),
        lambda p: [7, 8, 9],
        skips=FILLED,
    ),
    Kind(
        "records to fill",
        (("`*mut` @len(n)", "Point", "@len(n)"),),
        lambda p: [p.Point(x=1, y=2.0)],
        _POINT,
        skips=FILLED,
    ),
    Kind(
        "object",
        (
            *(each for each in pointers("Thing") if "own" in each[0] or each[0] == "by value"),
            ("`*const` for the call", "*const Thing", "@until(call)"),
            ("`*const` for the call, nullable", "*const Thing?", "@until(call)"),
            ("`*mut` for the call", "*mut Thing", "@until(call)"),
        ),
        lambda p: Thing(),
        THING,
        _called,
        lasts=("callback parameter",),
    ),
    Kind(
        "pair",
        (
            ("by value, for the call", "Pair", "@until(call)"),
            ("`*const` for the call", "*const Pair", "@until(call)"),
            ("`*mut` for the call, nullable", "*mut Pair?", "@until(call)"),
        ),
        lambda p: Thing(),
        "@context vtable Table { fn number(self: const) -> i32; }\n"
        "@object(ctx, table) struct Pair { ctx: *mut void, table: *const Table }",
        _called,
    ),
    Kind(
        "function",
        (
            ("for the call", "Twice", "@scope(call)"),
            ("for ever", "Twice", "@scope(forever)"),
            ("for ever, nullable", "Twice?", "@scope(forever)"),
        ),
        lambda p: lambda number: number * 2,
        "callback Twice(number: i32) -> i32;",
        lambda value: value(21),
    ),
    Kind("union", pointers("Either"), lambda p: None, "union Either { i: i32, f: f32 }"),
    Kind(
        "bit-fields",
        pointers("Mode"),
        lambda p: p.Mode(low=3, high=-2),
        "struct Mode { low: u32 : 3, high: i32 : 5 }",
    ),
    Kind(
        "packed struct",
        pointers("Tight"),
        lambda p: p.Tight(a=1, b=2),
        "@packed struct Tight { a: u8, b: u32 }",
    ),
    Kind("UTF-16 text", behind("u16", "@nul @encoding(utf16)"), lambda p: "ü"),
    Kind(
        "array of arrays",
        (("in a record", "*const Grid", ""),),
        lambda p: p.Grid(cells=[[1, 2], [3, 4], [5, 6]], names=["a", "bcd"]),
        "struct Grid { cells: [[i32; 2]; 3], names: [[char; 4]; 2] }",
    ),
)
