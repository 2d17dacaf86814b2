"""What is handed over ends once, by whatever the description says, wherever it says that."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from support.bindings import Bound, Workshop
from support.library import library_of
from support.limits import refusals

DESCRIPTION = """
abi {NAME} 1.0.0;
allocator heap = malloc/free;
allocator mine = {NAME}_alloc/{NAME}_free;
allocator wide = {NAME}_aligned/{NAME}_free;
@hidden entry fn {NAME}_alloc(size: usize) -> *mut void?;
@hidden entry fn {NAME}_aligned(size: usize, align: usize) -> *mut u8?;
@hidden entry fn {NAME}_free(block: *mut void?);
@object(ctx) vtable There { ctx: *mut void, fn next(self: mut) -> i32, drop fn done(self: own) }
vtable Alone { state: *mut void, fn next(self: mut) -> i32, drop fn done(self: own) }
@object(self) vtable Itself { count: i32, fn next(self: mut) -> i32, drop fn done(self: own) }
@context vtable PairTable { fn next(self: mut) -> i32, drop fn done(self: own) }
@object(ctx, table) struct Pair { ctx: *mut void, table: *const PairTable }
entry fn make_there() -> own *mut There? @owned(mine);
entry fn take_there(given: own *mut There @owned(mine)) -> i32;
entry fn make_alone() -> own *mut Alone?;
entry fn take_alone(given: own *mut Alone) -> i32;
entry fn make_itself() -> own *mut Itself? @owned(heap);
entry fn take_itself(given: own *mut Itself @owned(heap)) -> i32;
entry fn make_pair() -> own Pair;
entry fn take_pair(given: own Pair) -> i32;

type OwnText = own *mut char @nul @owned(mine);
struct Record { number: i32 }
@string(ptr, len) @free({NAME}_str_end) struct Str { ptr: *mut char, len: usize }
@string(ptr, len, cap) @owned(mine) struct Text { ptr: *mut char, len: usize, cap: usize }
@result(code, message) @owned(mine) struct Outcome { code: i32, message: own *mut char? @nul }
entry fn by_entry() -> own *mut char @nul @free({NAME}_free);
entry fn by_alias() -> OwnText;
entry fn written(text: *mut OwnText @out);
type There32 = *mut u32;
type Letters = *mut char;
@string(ptr, len) struct Lent { ptr: Letters, len: usize }
entry fn by_alias_out(number: There32 @out);
entry fn length(text: Lent) -> usize;
entry fn record() -> own *mut Record @free({NAME}_record_end);
entry fn in_place() -> Str;
entry fn echo(text: Text, more: own *mut char @nul @owned(wide)) -> Text;
entry fn outcome(code: i32) -> Outcome;
@hidden entry fn {NAME}_record_end(record: *mut Record);
@hidden entry fn {NAME}_str_end(text: *mut Str);
callback Speak(@ctx ctx: *mut void) -> Outcome;
entry fn hear(speak: Speak @scope(call) @ctx(ctx), ctx: *mut void) -> i32;
"""

SOURCE = r"""
/* Blocks that only these two functions know. */
{NAME}_EXPORT void *{name}_alloc(size_t size) {
    char *block = counted_malloc(size + 16);
    memset(block, 77, 16);
    return block + 16;
}
{NAME}_EXPORT uint8_t *{name}_aligned(size_t size, size_t align) {
    return align == 16 ? {name}_alloc(size) : NULL;
}
{NAME}_EXPORT void {name}_free(void *given) {
    char *block = given;
    if (!block) return;
    for (int i = 1; i <= 16; i++) if (block[-i] != 77) abort();
    counted_free(block - 16);
}
static char *copied(const char *text, size_t size) {
    char *made = {name}_alloc(size + 1);
    memcpy(made, text, size);
    made[size] = 0;
    return made;
}
static int32_t *context(void) { int32_t *made = counted_malloc(4); *made = 4; return made; }
static int32_t next(void *ctx) { return ++*(int32_t *)ctx; }
static void done(void *ctx) { counted_free(ctx); }
{NAME}_EXPORT There *make_there(void) {
    There *made = {name}_alloc(sizeof *made);
    *made = (There){context(), next, done};
    return made;
}
{NAME}_EXPORT int32_t take_there(There *given) {
    int32_t found = given->next(given->ctx);
    given->done(given->ctx);
    {name}_free(given);
    return found;
}
/* Its memory ends with it. */
static int32_t next_alone(void *state) { (void)state; return 5; }
static void done_alone(void *state) { counted_free(*(void **)state); counted_free(state); }
{NAME}_EXPORT Alone *make_alone(void) {
    Alone *made = counted_malloc(sizeof *made);
    void **state = counted_malloc(sizeof *state);
    *state = made;
    *made = (Alone){state, next_alone, done_alone};
    return made;
}
{NAME}_EXPORT int32_t take_alone(Alone *given) {
    int32_t found = given->next(given->state);
    given->done(given->state);
    return found;
}
static int32_t next_itself(Itself *self) { return ++self->count; }
static void done_itself(Itself *self) { self->count = -1; }
{NAME}_EXPORT Itself *make_itself(void) {
    Itself *made = malloc(sizeof *made);
    live_blocks++;
    *made = (Itself){4, next_itself, done_itself};
    return made;
}
{NAME}_EXPORT int32_t take_itself(Itself *given) {
    int32_t found = given->next(given);
    given->done(given);
    counted_free(given);
    return found;
}
static const PairTable table = {next, done};
{NAME}_EXPORT Pair make_pair(void) { return (Pair){context(), &table}; }
{NAME}_EXPORT int32_t take_pair(Pair given) {
    int32_t found = given.table->next(given.ctx);
    given.table->done(given.ctx);
    return found;
}
{NAME}_EXPORT char *by_entry(void) { return copied("entry", 5); }
{NAME}_EXPORT OwnText by_alias(void) { return copied("alias", 5); }
{NAME}_EXPORT void written(OwnText *text) { *text = copied("written", 7); }
{NAME}_EXPORT void by_alias_out(There32 number) { *number = 32; }
{NAME}_EXPORT size_t length(Lent text) { return text.len; }
{NAME}_EXPORT Record *record(void) { Record *made = {name}_alloc(4); made->number = 5; return made; }
{NAME}_EXPORT void {name}_record_end(Record *record) { {name}_free(record); }
{NAME}_EXPORT Str in_place(void) { return (Str){copied("place", 5), 5}; }
{NAME}_EXPORT void {name}_str_end(Str *text) { {name}_free(text->ptr); }
{NAME}_EXPORT Text echo(Text text, char *more) {
    size_t size = strlen(more);
    Text made = {copied(more, size), size, size + 1};
    if (text.cap) {name}_free(text.ptr);
    {name}_free(more);
    return made;
}
{NAME}_EXPORT Outcome outcome(int32_t code) { return (Outcome){code, code ? copied("bad", 3) : NULL}; }
{NAME}_EXPORT int32_t hear(Speak speak, void *ctx) {
    Outcome made = speak(ctx);
    int32_t found = made.message ? (int32_t)strlen(made.message) : -1;
    {name}_free(made.message);
    return found;
}
"""

OBJECTS = ("there", "alone", "itself", "pair")


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode, "counted")


class Ours:
    closed = 0

    def next(self) -> int:
        return 40

    @property
    def count(self) -> int:
        return 3

    def close(self) -> None:
        Ours.closed += 1


def test_nothing_of_it_is_refused() -> None:
    assert refusals(library_of(DESCRIPTION.replace("{NAME}", "shape"))) == []


@pytest.mark.parametrize("kind", OBJECTS)
def test_an_object_ends_with_its_memory(bound: Bound, kind: str) -> None:
    before = bound.counters.test_live()
    with getattr(bound.plugin, f"make_{kind}")() as made:
        assert made.next() == 5
        assert bound.counters.test_live() > before
    made.close()
    assert bound.counters.test_live() == before


@pytest.mark.parametrize("kind", OBJECTS)
def test_an_object_that_goes_back_ends_there(bound: Bound, kind: str) -> None:
    before = bound.counters.test_live()
    made = getattr(bound.plugin, f"make_{kind}")()
    assert getattr(bound.plugin, f"take_{kind}")(made) == 5
    assert made.closed
    assert bound.counters.test_live() == before


@pytest.mark.parametrize("kind", OBJECTS)
def test_nothing_is_kept_of_an_object_of_ours(bound: Bound, kind: str) -> None:
    before = bound.counters.test_live()
    lib: Any = bound.plugin._abi_lib
    kept, closed = len(lib.kept), Ours.closed
    ours = Ours()
    alive = weakref.ref(ours)
    assert getattr(bound.plugin, f"take_{kind}")(ours) == 40
    del ours
    gc.collect()
    assert alive() is None
    assert Ours.closed == closed + 1
    assert (len(lib.kept), len(lib.binding.entries)) == (kept, 0)
    assert bound.counters.test_live() == before


def test_text_and_records_end_as_is_said(bound: Bound) -> None:
    before = bound.counters.test_live()
    plugin = bound.plugin
    assert [plugin.by_entry(), plugin.by_alias(), plugin.written()] == ["entry", "alias", "written"]
    assert (plugin.by_alias_out(), plugin.length("four")) == (32, 4)
    assert plugin.record().number == 5
    assert plugin.in_place() == "place"
    assert bound.counters.test_live() == before


def test_allocators_of_the_library_work_both_ways(bound: Bound) -> None:
    before = bound.counters.test_live()
    assert bound.plugin.echo("given", "größer") == "größer"
    assert bound.plugin.echo("", "") == ""
    with pytest.raises(bound.package.CallError, match="bad"):
        bound.plugin.outcome(3)
    bound.plugin.outcome(0)
    assert bound.counters.test_live() == before


def test_failures_of_ours_are_in_its_memory(bound: Bound) -> None:
    before = bound.counters.test_live()

    def speak() -> None:
        raise bound.package.CallError("no")

    assert bound.plugin.hear(speak) == 2
    assert bound.plugin.hear(lambda: None) == -1
    assert bound.counters.test_live() == before
