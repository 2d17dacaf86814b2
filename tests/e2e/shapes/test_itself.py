"""Objects whose functions get the object itself: a table, or a struct that begins with a pointer to one."""

from __future__ import annotations

import gc

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
@object(self) vtable Host {
    @hidden data: *mut void?,
    @ok(true) fn request(self: const, what: i32) -> bool;
    optional fn name(self: const) -> *const char @nul;
}
@object(self) vtable Plugin {
    number: i32,
    fn next(self: mut) -> i32;
    fn ask(self: const, host: *const Host @until(call), what: i32) -> bool;
    drop fn destroy(self: const);
}
@context vtable UnknownFunctions {
    fn query(self: mut, wanted: i32) -> i32;
    drop fn release(self: own);
}
@object(self, functions) struct Unknown { functions: *const UnknownFunctions, count: i32 }
/// As long as it says.
@object(self) vtable Sized {
    @struct_size size: usize,
    fn me(self: const) -> *const void;
    optional fn later(self: const) -> i32;
}
entry fn plugin_make(number: i32) -> own *mut Plugin?;
entry fn plugin_host(host: *const Host) -> i32;
entry fn plugin_host_again(what: i32) -> i32;
entry fn plugin_unknown() -> own *mut Unknown;
entry fn plugin_sized() -> *const Sized;
entry fn plugin_query(unknown: *mut Unknown @until(call), wanted: i32) -> i32;
"""

SOURCE = r"""
static int32_t next(Plugin *self) { return ++self->number; }
static bool ask(const Plugin *self, const Host *host, int32_t what) {
    return host->request(host, what + self->number);
}
static void destroy(const Plugin *self) { counted_free((void *)self); }
{NAME}_EXPORT Plugin *plugin_make(int32_t number) {
    if (number < 0) return NULL;
    Plugin *made = counted_malloc(sizeof *made);
    *made = (Plugin){number, next, ask, destroy};
    return made;
}
static const Host *remembered;
{NAME}_EXPORT int32_t plugin_host(const Host *host) {
    remembered = host;
    return host->name ? (int32_t)strlen(host->name(host)) : -1;
}
{NAME}_EXPORT int32_t plugin_host_again(int32_t what) { return remembered->request(remembered, what); }
static int32_t query(Unknown *self, int32_t wanted) { return self->count += wanted; }
static void release(Unknown *self) { counted_free(self); }
static const UnknownFunctions functions = {query, release};
{NAME}_EXPORT Unknown *plugin_unknown(void) {
    Unknown *made = counted_malloc(sizeof *made);
    *made = (Unknown){&functions, 40};
    return made;
}
{NAME}_EXPORT int32_t plugin_query(Unknown *unknown, int32_t wanted) {
    return unknown->functions->query(unknown, wanted);
}
static const void *me(const Sized *self) { return self; }
static const struct { size_t size; const void *(*me)(const Sized *); } older = {sizeof older, me};
{NAME}_EXPORT const Sized *plugin_sized(void) { return (const Sized *)(const void *)&older; }
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


class Listener:
    def __init__(self, accepts: bool = True) -> None:
        self.asked: list[int] = []
        self.accepts = accepts

    def request(self, what: int) -> None:
        self.asked.append(what)
        if not self.accepts:
            raise ValueError("no")


def test_a_table_gets_its_own_address(bound: Bound) -> None:
    with bound.plugin.plugin_make(7) as made:
        assert made.number == 7
        assert made.next() == 8
        assert made.number == 8, "it changed the table, and no copy of it"
    assert bound.plugin.plugin_make(-1) is None


def test_an_owned_table_ends_once(bound: Bound) -> None:
    before = bound.counters.test_live()
    made = bound.plugin.plugin_make(1)
    assert bound.counters.test_live() == before + 1
    made.close()
    made.close()
    assert bound.counters.test_live() == before
    with pytest.raises(bound.package.ClosedError):
        made.next()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_object_of_ours_is_known_by_the_address_of_its_table(bound: Bound) -> None:
    first, second, refusing = Listener(), Listener(), Listener(accepts=False)
    with bound.plugin.plugin_make(1) as made:
        assert made.ask(first, 10) is True
        assert made.ask(second, 20) is True
        assert made.ask(refusing, 30) is False
    assert (first.asked, second.asked, refusing.asked) == ([11], [21], [31])


def test_a_table_that_is_remembered_stays(bound: Bound) -> None:
    listener = Listener()
    assert bound.plugin.plugin_host(listener) == -1, "optional, and it has none"
    gc.collect()
    assert bound.plugin.plugin_host_again(5) == 1
    assert listener.asked == [5]


class Named(Listener):
    def name(self) -> str:
        return "four"


def test_an_optional_function_that_is_there(bound: Bound) -> None:
    assert bound.plugin.plugin_host(Named()) == 4


def test_a_struct_that_begins_with_its_table(bound: Bound) -> None:
    before = bound.counters.test_live()
    with bound.plugin.plugin_unknown() as unknown:
        assert unknown.query(2) == 42
        assert bound.plugin.plugin_query(unknown, 1) == 43, "the same object goes back"
    assert bound.counters.test_live() == before


class Ours:
    def query(self, wanted: int) -> int:
        return wanted * 2


def test_a_struct_of_ours_that_begins_with_its_table(bound: Bound) -> None:
    assert bound.plugin.plugin_query(Ours(), 21) == 42


def test_a_shorter_table_is_read_as_far_as_it_goes_and_called_where_it_is(bound: Bound) -> None:
    sized = bound.plugin.plugin_sized()
    again = bound.plugin.plugin_sized()
    assert sized.me() == again.me(), "not the address of a copy"
    with pytest.raises(bound.package.NotAvailableError):
        sized.later()
