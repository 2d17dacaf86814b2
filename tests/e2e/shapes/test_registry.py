"""Tables that say how long they are, handed over only if the call succeeds."""

from __future__ import annotations

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
"""

SOURCE = r"""
static int32_t drops;
static int32_t id(const void *self) { return *(const int32_t *)self; }
static void drop(void *self) { (void)self; drops++; }
static int32_t later(const void *self) { return id(self) + 1; }
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
