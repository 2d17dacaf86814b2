"""The types of the matrix that are outcomes, or lead to objects: Python's own, and those that C makes."""

from __future__ import annotations

from typing import Any

from support.matrix import POSITIONS, Kind, pointers
from support.matrix_kinds import OWNED, THING, Thing

#: What only says how a function went is nothing but its result.
_RESULTS = tuple(each for each in POSITIONS if each not in ("result", "callback result"))
_ALWAYS = ("result", "callback result")
_TOLD = (*_ALWAYS, "out")
_LENT = (
    ("`*const` for the call", "*const {}", "@until(call)"),
    ("`*const` for the call, nullable", "*const {}?", "@until(call)"),
    ("`*mut` for the call", "*mut {}", "@until(call)"),
)

#: C that makes objects of the type ``@T``, and knows which of them are alive.
_MADE_BY_C = """
static @T pool[8192];
static int32_t counts[8192], made, ended, wrong_ends;
static int32_t *count_of(const @T *object) {
    static int32_t nobody;
    return object >= pool && object < pool + made ? &counts[object - pool] : &nobody;
}
static void give(@T *object) {
    int32_t *count = count_of(object);
    if (*count < 1) wrong_ends++;
    else if (--*count == 0) ended++;
}
static int32_t number(const void *object) { return *count_of(object) > 0 ? 7 : -1; }
{NAME}_EXPORT int32_t alive(void) { return made - ended; }
{NAME}_EXPORT int32_t wrong(void) { return wrong_ends; }
{NAME}_EXPORT int32_t number_of(const @T *object) { return number(object); }
{NAME}_EXPORT @T *make(void) {
    @T *object = &pool[made];
    counts[made++] = 1;
    fill(object);
    return object;
}
"""
_ENTRIES = """
entry fn make() -> own *mut @T@E;
entry fn alive() -> i32; entry fn wrong() -> i32;
entry fn number_of(object: *const @T) -> i32;"""
_FILL_OPAQUE = """struct Session { int32_t number; };
static void fill(Session *object) { object->number = 7; }"""
_FILL_TABLE = """static int32_t number(const void *object);
static void fill(Tune *object) { *object = (Tune){object, number}; }"""
_END = "{NAME}_EXPORT void end_it(@T *object) { give(object); }"
_COUNT = """{NAME}_EXPORT void take_it(@T *object) {
    int32_t *count = count_of(object);
    if (*count < 1) wrong_ends++;
    else ++*count;
}
{NAME}_EXPORT void give_it(@T *object) { give(object); }"""
_END_ENTRY = "\nentry fn end_it(object: own *mut @T);"
_COUNT_ENTRIES = "\nentry fn take_it(object: *mut @T); entry fn give_it(object: *mut @T);"


def _made_by_c(name: str, *parts: str) -> str:
    return "\n".join(parts).replace("@T", name)


def _made(name: str, *parts: str, end: str = "") -> str:
    return "".join((*parts, _ENTRIES)).replace("@T", name).replace("@E", end)


def _owned(name: str, said: str) -> tuple[tuple[str, str, str], ...]:
    """Handed over: by pointer, constant or not, null or not."""
    return tuple(
        (label.replace("`*", "`own *"), f"own {type_.format(name)}", said)
        for label, type_ in (
            ("`*const`", "*const {}"),
            ("`*const`, nullable", "*const {}?"),
            ("`*mut`", "*mut {}"),
            ("`*mut`, nullable", "*mut {}?"),
        )
    )


def _lent(name: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((label, type_.format(name), said) for label, type_, said in _LENT)


def _called(value: Any) -> Any:
    return value.number()


def _by_owner(kind: str, said: str = "") -> tuple[tuple[str, str, str], ...]:
    return (*_owned(kind, said), *_lent(kind))


OUTCOMES = (
    Kind(
        "outcome",
        pointers("Done"),
        lambda p: None,
        "@result(code, message) @owned(heap) struct Done { code: i32, message: own *mut char? @nul }",
        fails=_TOLD,
    ),
    Kind(
        "outcome with a number",
        pointers("Count"),
        lambda p: 7,
        "@result(code, message) @owned(heap)"
        " struct Count { code: i32, message: own *mut char? @nul, @value number: i64 }",
        fails=_TOLD,
    ),
    Kind(
        "outcome with two values",
        pointers("Sized"),
        lambda p: p.Sized(width=3, name="é"),
        f"{OWNED}\n@result(code) struct Sized {{ code: u8, @value width: i64, @value name: Owned }}",
        fails=_TOLD,
        says_why=False,
    ),
    Kind(
        "outcome with bytes or nothing",
        pointers("Found"),
        lambda p: b"\0\xff",
        "@result(code, message) @optional(found) @bytes(data, len, cap) @owned(heap)"
        " struct Found { data: *mut u8?, len: usize, cap: usize, found: bool, code: i32,"
        " message: own *mut char? @nul }",
        fails=_TOLD,
    ),
    Kind(
        "outcome with an object",
        pointers("Opened"),
        lambda p: Thing(),
        f"{THING}\n@result(code, message) @owned(heap)"
        " struct Opened { code: i32, message: own *mut char? @nul, @value thing: own *mut Thing? }",
        _called,
        owns=True,
        fails=_TOLD,
    ),
    Kind(
        "outcome that is a message",
        pointers("Checked"),
        lambda p: 4,
        f"{OWNED}\n@failure(why) struct Checked {{ why: Owned, @value number: i32 }}",
        fails=_TOLD,
    ),
    Kind(
        "status",
        (
            ("one that is success", "Said", "@ok(Fine)"),
            ("`bool`", "bool", "@ok(true)"),
        ),
        lambda p: None,
        "enum Said { Fine = 0, Refused = 3 }",
        skips=_RESULTS,
        fails=_ALWAYS,
        says_why=False,
    ),
    Kind(
        "status that is a value",
        (("a failure is negative", "i32", "@fails(< 0)"),),
        lambda p: 6,
        skips=_RESULTS,
        fails=_ALWAYS,
        says_why=False,
    ),
    Kind(
        "status with a reason",
        (("one that is success", "Said", "@ok(Fine) @error(why)"),),
        lambda p: None,
        "enum Said { Fine = 0, Refused = 3 }\n"
        "@error_buffer(text, len) struct Reason { text: [u8; 64], len: usize, line: u32 }",
        skips=_RESULTS,
        beside=", why: *mut Reason @out",
        fails=_ALWAYS,
        error="Reason",
    ),
    Kind(
        "object, or a reason",
        (("null is a failure", "own *mut Thing?", "@owned(heap) @fails(null) @error(why)"),),
        lambda p: Thing(),
        f"{THING}\n{OWNED}\n@error_buffer(text) struct Reason {{ text: Owned, line: u32 }}",
        _called,
        skips=_RESULTS,
        beside=", why: *mut Reason @out",
        fails=_ALWAYS,
        error="Reason",
    ),
)

OBJECTS = (
    Kind(
        "object whose block is its use's",
        _by_owner("Loose", "@owned(heap)"),
        lambda p: Thing(),
        "vtable Loose {\n"
        "    state: *mut void, fn number(self: const) -> i32; drop fn drop(self: own);\n}",
        _called,
    ),
    Kind(
        "object in no block",
        _by_owner("Loose"),
        lambda p: Thing(),
        "vtable Loose {\n"
        "    state: *mut void, fn number(self: const) -> i32; drop fn drop(self: own);\n}",
        _called,
    ),
    Kind(
        "object that is its own context",
        _by_owner("Selfish"),
        lambda p: Thing(),
        "@object(self) vtable Selfish {\n"
        "    @hidden data: *mut void?, fn number(self: const) -> i32; drop fn drop(self: own);\n}",
        _called,
    ),
    Kind(
        "pair that is owned",
        _by_owner("Pair", "@owned(heap)"),
        lambda p: Thing(),
        "@context vtable Table { fn number(self: const) -> i32; drop fn drop(self: own); }\n"
        "@object(ctx, table) struct Pair { ctx: *mut void, table: *const Table }",
        _called,
    ),
    Kind(
        "pair in no block",
        _by_owner("Pair"),
        lambda p: Thing(),
        "@context vtable Table { fn number(self: const) -> i32; drop fn drop(self: own); }\n"
        "@object(ctx, table) struct Pair { ctx: *mut void, table: *const Table }",
        _called,
    ),
    Kind(
        "pair that is its own context",
        _by_owner("Pair"),
        lambda p: Thing(),
        "@context vtable Table { fn number(self: const) -> i32; drop fn drop(self: own); }\n"
        "@object(self, table) struct Pair { table: *const Table, spare: u32 }",
        _called,
    ),
    Kind(
        "record with an object",
        pointers("Holder"),
        lambda p: p.Holder(name="é", thing=Thing()),
        f"{THING}\n{OWNED}\nstruct Holder {{ name: Owned, thing: own *mut Thing }}",
        lambda value: value.thing.number(),
        owns=True,
    ),
    Kind(
        "record with an object in place",
        pointers("Holder"),
        lambda p: p.Holder(name="é", thing=Thing()),
        f"{THING}\n{OWNED}\nstruct Holder {{ name: Owned, thing: own Thing }}",
        lambda value: value.thing.number(),
        owns=True,
    ),
    Kind(
        "list of objects",
        (("`own *mut` @len(n)", "own *mut Thing", "@len(n) @owned(heap)"),),
        lambda p: [Thing(), Thing()],
        THING,
        lambda value: [each.number() for each in value],
        skips=("element", "out", "inout"),
        is_list=True,
    ),
    Kind(
        "object that an entry ends",
        _by_owner("Tune"),
        lambda p: None,
        _made(
            "Tune",
            "@free(end_it) vtable Tune { state: *mut void, fn number(self: const) -> i32; }",
            _END_ENTRY,
        ),
        entry="make",
        source=_made_by_c("Tune", _FILL_TABLE, _MADE_BY_C, _END),
    ),
    Kind(
        "object that entries count",
        _by_owner("Tune"),
        lambda p: None,
        _made(
            "Tune",
            "@refcounted(take_it, give_it) vtable Tune {"
            " state: *mut void, fn number(self: const) -> i32; }",
            _COUNT_ENTRIES,
        ),
        entry="make",
        source=_made_by_c("Tune", _FILL_TABLE, _MADE_BY_C, _COUNT),
    ),
    Kind(
        "opaque",
        _by_owner("Session"),
        lambda p: None,
        _made("Session", "@free(end_it) opaque Session;", _END_ENTRY),
        entry="make",
        source=_made_by_c("Session", _FILL_OPAQUE, _MADE_BY_C, _END),
    ),
    Kind(
        "opaque that says at its use how it ends",
        _by_owner("Session", "@free(end_it)"),
        lambda p: None,
        _made("Session", "opaque Session;", _END_ENTRY, end=" @free(end_it)"),
        entry="make",
        source=_made_by_c("Session", _FILL_OPAQUE, _MADE_BY_C, _END),
    ),
    Kind(
        "counted opaque",
        _by_owner("Session"),
        lambda p: None,
        _made("Session", "@refcounted(take_it, give_it) opaque Session;", _COUNT_ENTRIES),
        entry="make",
        source=_made_by_c("Session", _FILL_OPAQUE, _MADE_BY_C, _COUNT),
    ),
)
