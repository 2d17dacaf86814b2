"""Every type of handle, made in every way that makes one: each that is made ends once, whatever ends it."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from support.bindings import Bound, Workshop
from support.matrix import codes, judged

#: Types, and C that makes a handle of an index and finds the index of one.
TYPES = {
    "u32": ("(@T)(index + 1)", "(int)handle - 1"),
    "i64": ("(@T)index + 1", "(int)handle - 1"),
    "usize": ("(@T)index + 1", "(int)handle - 1"),
    "*mut void": ("&pool[index]", "(int)((const int *)handle - pool)"),
    "*const void": ("&pool[index]", "(int)((const int *)handle - pool)"),
    "*mut Session": ("(@T)&pool[index]", "(int)((const int *)handle - pool)"),
    "*const Session": ("(@T)&pool[index]", "(int)((const int *)handle - pool)"),
    "Key": ("(@T){index, ~index}", "handle.low == ~handle.high ? handle.low : -1"),
}
#: How one is made: what declares it, and what C returns where there is none.
MADE = {
    "result": "@create fn make_@I(there: bool) -> @O@N;",
    "result that may be absent": "@create fn make_@I(there: bool) -> @O@Q;",
    "result of which none is a failure": "@create @fails(@Z) fn make_@I(there: bool) -> @O@P;",
    "parameter": "@create(out_@I) fn make_@I(there: bool, out_@I: *mut (@N) @out);",
    "parameter, and a status": "@create(out_@I) @ok(Fine)"
    " fn make_@I(there: bool, out_@I: *mut (@P) @out) -> Said;",
    "parameter, and a reason": "@create(out_@I) @ok(Fine) @error(why)"
    " fn make_@I(there: bool, out_@I: *mut (@P) @out, why: *mut Reason @out) -> Said;",
}
FAILING = tuple(MADE)[2], *tuple(MADE)[4:]
#: There is no null, and no number, that a struct could have instead.
LACKING = {"Key": ("result that may be absent", "result of which none is a failure")}
USES = "@handle(@I) fn get_@I(@I: @N) -> i32; @destroy(@I) fn end_@I(@I: @N);"
HEAD = """abi {NAME} 1.0.0;
enum Said { Fine = 0, Refused = 1 }
opaque Session;
struct Key { low: i32, high: i32 }
@error_buffer(text, len) struct Reason { text: [u8; 32], len: usize }"""
TAIL = """entry fn studio() -> *const Studio;
entry fn alive() -> i32; entry fn wrong() -> i32;"""
SOURCE = r"""
static int pool[4096], made, ended, wrong_ends;
static int added(void) { pool[made] = 1; return made++; }
static int32_t asked(int index) { return index >= 0 && index < made && pool[index] ? 7 : -1; }
static void end(int index) {
    if (asked(index) < 0) wrong_ends++; else { pool[index] = 0; ended++; }
}
{NAME}_EXPORT int32_t alive(void) { return made - ended; }
{NAME}_EXPORT int32_t wrong(void) { return wrong_ends; }
"""


@dataclass(frozen=True)
class Handle:
    """One type, made in one way."""

    id: str
    type: str
    made: str

    @property
    def label(self) -> str:
        return f"{self.type}, {self.made}"

    def told(self, text: str) -> str:
        is_pointer = self.type.startswith("*")
        null = "?" if is_pointer else ""
        words = {
            "@Q": f"T_{self.id}{null}" if is_pointer else f"T_{self.id} @invalid(0)",
            "@P": f"T_{self.id}{null}",
            "@N": f"T_{self.id}",
            "@O": "own " if is_pointer else "",
            "@Z": "null" if is_pointer else "0",
            "@T": f"T_{self.id}",
            "@I": self.id,
        }
        for word, value in words.items():
            text = text.replace(word, value)
        return text

    def line(self) -> str:
        return self.told(f"{MADE[self.made]} {USES}")

    def source(self) -> str:
        make, find = TYPES[self.type]
        out = "*out = " if "parameter" in self.made else "return "
        nothing = "(@T){0}"
        given = ["bool there"]
        result = "@T"
        if "parameter" in self.made:
            given.append("@T *out")
            result = "void" if self.made == "parameter" else "Said"
        why = ""
        if "reason" in self.made:
            given.append("Reason *why")
            why = ' if (!there) { memcpy(why->text, "none is left", 12); why->len = 12; }'
        said = " return there ? Said_Fine : Said_Refused;" if result == "Said" else ""
        return self.told(
            f"static {result} make_@I({', '.join(given)}) {{{why}"
            f" if (there) {{ int index = added(); {out}{make}; }} else {out}{nothing};{said} }}\n"
            f"static int32_t get_@I(@T handle) {{ return asked({find}); }}\n"
            f"static void end_@I(@T handle) {{ end({find}); }}\n"
        )


def found() -> tuple[str, dict[Handle, str | None]]:
    """A description of those that work, and the codes of the others."""
    left = [
        Handle(f"h{number}", type_, made)
        for number, (type_, made) in enumerate(itertools.product(TYPES, MADE))
        if made not in LACKING.get(type_, ())
    ]
    outcomes: dict[Handle, str | None] = dict.fromkeys(left)
    while True:
        aliases = [each.told(f"type T_@I = {each.type};") for each in left]
        lines = [*HEAD.splitlines(), *aliases, "vtable Studio {", *(each.line() for each in left)]
        text = "\n".join([*lines, "}", TAIL])
        library, report = judged(text)
        first = lines.index("vtable Studio {") + 2
        told = codes(report, dict(enumerate(left, first)))
        if not told:
            assert library is not None, report.diagnostics
            return text, outcomes
        outcomes |= told
        left = [each for each in left if each not in told]


DESCRIPTION, OUTCOMES = found()
WORKING = [each for each, code in OUTCOMES.items() if code is None]
IDS = [each.label for each in WORKING]


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    slots = ", ".join(f"make_{each.id}, get_{each.id}, end_{each.id}" for each in WORKING)
    table = f"static const Studio table = {{{slots}}};\n"
    entry = "{NAME}_EXPORT const Studio *studio(void) { return &table; }\n"
    source = SOURCE + "".join(each.source() for each in WORKING) + table + entry
    return workshop.build(DESCRIPTION, source, mode)


def test_all_of_them_work() -> None:
    assert not {each.label: code for each, code in OUTCOMES.items() if code is not None}


def close(handle: Any, studio: Any) -> None:
    handle.close()
    handle.close()


def block(handle: Any, studio: Any) -> None:
    with handle:
        pass


def studio_first(handle: Any, studio: Any) -> None:
    studio.close()
    assert handle.closed
    handle.close()


def garbage(handle: Any, studio: Any) -> None:
    pass


@pytest.mark.slow
@pytest.mark.parametrize("end", [close, block, studio_first, garbage])
def test_each_ends_once(bound: Bound, end: Callable[[Any, Any], None]) -> None:
    wrong = []
    for each in WORKING:
        before, studio = bound.plugin.wrong(), bound.plugin.studio()
        handle = getattr(studio, f"make_{each.id}")(True)
        assert type(handle).__name__.lower() == each.id
        seen = [getattr(handle, f"get_{each.id}")(), bound.plugin.alive()]
        end(handle, studio)
        del handle, studio
        gc.collect()
        if [*seen, bound.plugin.alive(), bound.plugin.wrong() - before] != [7, 1, 0, 0]:
            wrong.append((each.label, *seen, bound.plugin.alive()))
    assert not wrong


@pytest.mark.parametrize("handle", WORKING, ids=IDS)
def test_none_is_made_where_there_is_none(bound: Bound, handle: Handle) -> None:
    wrong = bound.plugin.wrong()
    make = getattr(bound.plugin.studio(), f"make_{handle.id}")
    if handle.made in FAILING:
        reason = "none is left" if "reason" in handle.made else None
        with pytest.raises(bound.package.AbiError, match=reason):
            make(False)
    elif "absent" in handle.made:
        assert make(False) is None
    elif handle.type.startswith("*"):
        with pytest.raises(bound.package.ContractError):
            make(False)
    assert (bound.plugin.alive(), bound.plugin.wrong() - wrong) == (0, 0)
