"""Tables that say how long they are, handed over only if the call succeeds."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
open enum Said: i32 { Taken = 0, Refused = 7 }
vtable Part {
    @struct_size size: u32,
    state: *mut void,
    fn id(self: const) -> i32;
    drop fn drop(self: own);
    optional fn later(self: const) -> i32;
}
vtable Registry {
    state: *mut void,
    @ok(Taken) fn add(self: mut, part: own *const Part @consumed(success)) -> Said;
}
entry fn register_(registry: *const Registry @until(call), older: bool) -> i32;
entry fn dropped() -> i32;
entry fn registry() -> *const Registry @until(library);
entry fn refuse(all: bool);
entry fn end_all();
"""

SOURCE = r"""
static int32_t drops;
static int32_t id(const void *self) { return *(const int32_t *)self; }
static void drop(void *self) { (void)self; drops++; }
static int32_t later(const void *self) { return id(self) + 1; }
static Part held[8];
static int32_t count;
static bool refuses;
static Said add(void *state, const Part *part) {
    (void)state;
    if (refuses || part->id(part->state) < 0) { return Said_Refused; }
    memcpy(&held[count++], part, part->size < sizeof *part ? part->size : sizeof *part);
    return Said_Taken;
}
static Registry theirs = {&count, add};
{NAME}_EXPORT const Registry *registry(void) { return &theirs; }
{NAME}_EXPORT void refuse(bool all) { refuses = all; }
{NAME}_EXPORT void end_all(void) {
    while (count > 0) { count--; held[count].drop(held[count].state); }
}
{NAME}_EXPORT int32_t dropped(void) { return drops; }
{NAME}_EXPORT int32_t register_(const Registry *registry, bool older) {
    static int32_t number = 5;
    size_t size = older ? offsetof(Part, later) : sizeof(Part);
    Part *table = counted_malloc(size);
    Part whole = {(uint32_t)size, &number, id, drop, later};
    memcpy(table, &whole, size);
    int32_t said = registry->add(registry->state, table);
    memset(table, 0xff, size);
    counted_free(table);
    return said;
}
"""


class Mine:
    """A part in Python."""

    def __init__(self, number: int = 1) -> None:
        self.number = number
        self.closed = 0

    def id(self) -> int:
        return self.number

    def close(self) -> None:
        self.closed += 1


class Parts:
    def __init__(self, refusal: BaseException | None = None) -> None:
        self.held: list[Any] = []
        self.refusal = refusal

    def add(self, part: Any) -> None:
        self.held.append(part)
        assert part.id() == 5
        if self.refusal is not None:
            raise self.refusal


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_a_shorter_table_is_not_read_past_its_end(bound: Bound) -> None:
    parts = Parts()
    before = bound.plugin.dropped()
    assert bound.plugin.register_(parts, False) == 0
    assert bound.plugin.register_(parts, True) == 0
    whole, short = parts.held
    # The memory of the table went with the call; the copy has what it had.
    assert (whole.id(), whole.later(), short.id()) == (5, 6, 5)
    with pytest.raises(bound.package.NotAvailableError, match="later"):
        short.later()
    whole.close()
    short.close()
    assert bound.plugin.dropped() == before + 2
    assert bound.counters.test_live() == 0


def test_what_is_refused_stays_theirs(bound: Bound) -> None:
    refusal = bound.package.CallError("no room", bound.package.Said.Refused)
    parts = Parts(refusal)
    before = bound.plugin.dropped()
    assert bound.plugin.register_(parts, False) == 7
    with pytest.raises(bound.package.ClosedError):
        parts.held[0].id()
    parts.held[0].close()
    assert bound.plugin.dropped() == before


# --- the other side's registry


@pytest.fixture
def theirs(bound: Bound) -> Iterator[Any]:
    entries = (
        sys.modules[f"{bound.package.__name__}._bindings"].binding_for(bound.plugin.mode).entries
    )
    yield bound.plugin.registry()
    bound.plugin.refuse(False)
    bound.plugin.end_all()
    gc.collect()
    assert entries == {}, "C still knows objects of Python"


def test_what_they_take_is_theirs(bound: Bound, theirs: Any) -> None:
    mine = Mine()
    theirs.add(mine)
    assert mine.closed == 0
    bound.plugin.end_all()
    assert mine.closed == 1


def test_what_they_refuse_stays_ours(bound: Bound, theirs: Any) -> None:
    mine = Mine(-1)
    for _ in range(2):
        with pytest.raises(bound.package.CallError) as caught:
            theirs.add(mine)
        assert caught.value.status is bound.package.Said.Refused
    mine.number = 1
    theirs.add(mine)
    bound.plugin.end_all()
    assert mine.closed == 1


def test_an_object_of_theirs_is_handed_back(bound: Bound, theirs: Any) -> None:
    parts = Parts()
    before = bound.plugin.dropped()
    bound.plugin.register_(parts, False)
    (part,) = parts.held
    bound.plugin.refuse(True)
    with pytest.raises(bound.package.CallError):
        theirs.add(part)
    # Refused: it is as if nothing had happened, and it may still be garbage.
    assert (part.closed, part.id(), bound.plugin.dropped()) == (False, 5, before)
    bound.plugin.refuse(False)
    theirs.add(part)
    assert (part.closed, bound.plugin.dropped()) == (True, before)
    with pytest.raises(bound.package.ClosedError):
        theirs.add(part)
    part.close()
    bound.plugin.end_all()
    assert bound.plugin.dropped() == before + 1


def test_what_they_refuse_ends_as_garbage(bound: Bound, theirs: Any) -> None:
    parts = Parts()
    before = bound.plugin.dropped()
    bound.plugin.register_(parts, False)
    bound.plugin.refuse(True)
    with pytest.raises(bound.package.CallError):
        theirs.add(parts.held[0])
    parts.held.clear()
    gc.collect()
    assert bound.plugin.dropped() == before + 1


def test_what_is_closed_while_it_is_offered_ends_after_the_refusal(
    bound: Bound, theirs: Any
) -> None:
    """The registry is one in Python by now, which closes the caller's own object, and then refuses."""
    parts = Parts()
    before = bound.plugin.dropped()
    bound.plugin.register_(parts, False)
    (part,) = parts.held

    class Closes:
        def add(self, offered: Any) -> None:
            part.close()
            raise bound.package.CallError("", 7)

    bridge = sys.modules[f"{bound.package.__name__}._bridge"]
    runtime = sys.modules[f"{bound.package.__name__}._runtime"]
    library = bound.plugin._abi_lib
    with runtime.Keep(library) as keep:
        given = bridge.hand_Registry(library, Closes(), keep, "call")
        with pytest.raises(bound.package.CallError):
            bridge.lend_Registry(library, given).add(part)
    assert (part.closed, bound.plugin.dropped()) == (True, before + 1)
