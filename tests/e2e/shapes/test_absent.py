"""Slots that are null or newer than the plugin, where the ABI says what that stands for."""

from __future__ import annotations

from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.1.0;
enum Mood: i32 { Calm = 3, Wild = 4 }
vtable Pet {
    @struct_size size: u32,
    state: *mut void?,
    drop fn drop(self: own);
    fn name(self: const) -> i32;
    @ok(0) @absent(0) optional fn feed(self: mut, food: u32) -> i32;
    @absent(true) optional fn hungry(self: const) -> bool;
    @absent(7) optional fn legs(self: const) -> u32;
    @fails(< 0) @absent(2) optional fn sleep(self: mut) -> i32;
    @absent(Wild) optional fn mood(self: const) -> Mood;
    @absent(null) optional fn sound(self: const) -> *const char? @nul @until(drop);
    optional fn tail(self: const) -> u32;
}
entry fn adopt(kind: u32) -> own *mut Pet?;
"""

SOURCE = r"""
static void drop(void *self) { (void)self; }
static int32_t name(const void *self) { (void)self; return 1; }
static int32_t feed(void *self, uint32_t food) { (void)self; return (int32_t)food; }
static bool hungry(const void *self) { (void)self; return false; }
static uint32_t legs(const void *self) { (void)self; return 4; }
static int32_t nap(void *self) { (void)self; return -5; }
static Mood mood(const void *self) { (void)self; return Mood_Calm; }
static const char *sound(const void *self) { (void)self; return "wuff"; }
static uint32_t tail(const void *self) { (void)self; return 1; }
static Pet whole = {sizeof(Pet), NULL, drop, name, feed, hungry, legs, nap, mood, sound, tail};
static Pet empty = {sizeof(Pet), NULL, drop, name, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
static Pet early = {offsetof(Pet, feed), NULL, drop, name, feed, hungry, legs, nap, mood, sound, tail};
{NAME}_EXPORT Pet *adopt(uint32_t kind) { return kind == 0 ? &whole : kind == 1 ? &empty : &early; }
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


@pytest.mark.parametrize("kind", [1, 2], ids=["null", "older"])
def test_what_is_absent(bound: Bound, kind: int) -> None:
    with bound.plugin.adopt(kind) as pet:
        assert pet.name() == 1
        assert pet.feed(9) is None
        found: list[Any] = [pet.hungry(), pet.legs(), pet.sleep(), pet.mood(), pet.sound()]
        assert found == [True, 7, 2, bound.package.Mood.Wild, None]
        assert [type(each) for each in found[:2]] == [bool, int]
        assert isinstance(found[3], bound.package.Mood)
        with pytest.raises(bound.package.NotAvailableError, match="tail"):
            pet.tail()


def test_what_is_there(bound: Bound) -> None:
    with bound.plugin.adopt(0) as pet:
        assert pet.feed(0) is None
        with pytest.raises(bound.package.CallError):
            pet.feed(9)
        found: list[Any] = [pet.hungry(), pet.legs(), pet.mood(), pet.sound(), pet.tail()]
        assert found == [False, 4, bound.package.Mood.Calm, "wuff", 1]
        with pytest.raises(bound.package.CallError):
            pet.sleep()


def test_what_the_interface_says(bound: Bound) -> None:
    class Mine(bound.package.Pet):  # type: ignore[misc,name-defined]
        def name(self) -> int:
            return 1

    mine = Mine()
    assert mine.feed(1) is None
    with pytest.raises(NotImplementedError):
        mine.tail()
