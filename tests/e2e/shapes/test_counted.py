"""Objects whose functions count references: C keeps those of Python's, Python gives back those of C's."""

from __future__ import annotations

import gc
import sys
import weakref
from typing import Any

import pytest

from support.bindings import Bound, Workshop

#: The context is in the table, or is the object itself as with COM.
SORTS = {
    "state": ("vtable Part { state: *mut void,", "object->state"),
    "self": ("@object(self) vtable Part { @hidden spare: *mut void?,", "object"),
}
DESCRIPTION = """
abi {NAME} 1.0.0;
@refcounted(take, give) DECLARED
    fn number(self: const) -> i32;
    fn take(self: mut) -> u32;
    fn give(self: mut);
}
entry fn make() -> own *mut Part;
entry fn alive() -> i32;
entry fn keep_lent(part: *mut Part @until(call));
entry fn keep_given(part: own *mut Part);
entry fn ask_kept() -> i32;
entry fn take_kept() -> u32;
entry fn give_kept();
entry fn give_too_often(part: *mut Part @until(call));
"""
SOURCE = r"""
static int32_t count;
static Part *kept;
static int32_t number(const void *self) { (void)self; return count > 0 ? 7 : -1; }
static uint32_t take(void *self) { (void)self; return (uint32_t)++count; }
static void give(void *self) { (void)self; count--; }
static int32_t t_number(const CONTEXT *self) { return number(self); }
static uint32_t t_take(CONTEXT *self) { return take(self); }
static void t_give(CONTEXT *self) { give(self); }
{NAME}_EXPORT Part *make(void) {
    static Part made;
    made = (Part){&count, t_number, t_take, t_give};
    count = 1;
    return &made;
}
{NAME}_EXPORT int32_t alive(void) { return count; }
{NAME}_EXPORT void keep_lent(Part *object) { kept = object; object->take(WHERE); }
{NAME}_EXPORT void keep_given(Part *object) { kept = object; }
{NAME}_EXPORT int32_t ask_kept(void) { Part *object = kept; return object->number(WHERE); }
{NAME}_EXPORT uint32_t take_kept(void) { Part *object = kept; return object->take(WHERE); }
{NAME}_EXPORT void give_kept(void) { Part *object = kept; object->give(WHERE); }
{NAME}_EXPORT void give_too_often(Part *object) { object->give(WHERE); }
"""


class Mine:
    """A part in Python."""

    def __init__(self) -> None:
        self.closed = 0

    def number(self) -> int:
        return 5

    def close(self) -> None:
        self.closed += 1


@pytest.fixture(params=SORTS)
def bound(request: pytest.FixtureRequest, workshop: Workshop, mode: str) -> Bound:
    declared, where = SORTS[request.param]
    source = SOURCE.replace("CONTEXT", "void" if request.param == "state" else "Part")
    return workshop.build(
        DESCRIPTION.replace("DECLARED", declared), source.replace("WHERE", where), mode
    )


def registered(bound: Bound) -> list[Any]:
    return list(bound.plugin._abi_lib.binding.entries)


def test_an_object_of_c_gives_its_reference_back_once(bound: Bound) -> None:
    with bound.plugin.make() as part:
        assert (part.number(), bound.plugin.alive()) == (7, 1)
        assert not hasattr(part, "take")
        assert not hasattr(part, "give")
    part.close()
    assert bound.plugin.alive() == 0
    part = bound.plugin.make()
    del part
    gc.collect()
    assert bound.plugin.alive() == 0


def test_an_object_of_c_goes_back_with_its_reference(bound: Bound) -> None:
    part = bound.plugin.make()
    bound.plugin.keep_given(part)
    assert part.closed
    assert (bound.plugin.ask_kept(), bound.plugin.alive()) == (7, 1)
    bound.plugin.give_kept()
    assert bound.plugin.alive() == 0


def test_what_is_handed_over_ends_with_the_last_reference(bound: Bound) -> None:
    mine = Mine()
    bound.plugin.keep_given(mine)
    assert (bound.plugin.take_kept(), bound.plugin.ask_kept()) == (2, 5)
    bound.plugin.give_kept()
    assert (mine.closed, bound.plugin.ask_kept()) == (0, 5)
    bound.plugin.give_kept()
    assert mine.closed == 1
    assert not registered(bound)


def test_what_is_lent_lives_as_long_as_it_is_kept(bound: Bound) -> None:
    mine = Mine()
    gone = weakref.ref(mine)
    bound.plugin.keep_lent(mine)
    del mine
    gc.collect()
    assert (bound.plugin.ask_kept(), bound.plugin.take_kept()) == (5, 2)
    bound.plugin.give_kept()
    assert bound.plugin.ask_kept() == 5
    bound.plugin.give_kept()
    gc.collect()
    # It was never C's to end, so nobody closes it; nobody has it any more either.
    assert gone() is None
    assert not registered(bound)


def test_a_reference_that_nobody_took_is_reported(
    bound: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: told.append(str(args.exc_value)))
    mine = Mine()
    bound.plugin.give_too_often(mine)
    assert told == ["a reference is given back that was never taken"]
    assert mine.closed == 0
    assert not registered(bound)
