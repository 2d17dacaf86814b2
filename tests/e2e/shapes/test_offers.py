"""Hosts ask what a plugin has of what is optional or newer than some plugins."""

from __future__ import annotations

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.2.5;
compat major.minor;
struct Facts { @version version: *const char @nul @until(library) }
vtable Shop {
    state: *mut void,
    fn name(self: const) -> i32,
    optional fn add(self: mut, count: i32) -> i32,
    optional fn offers(self: const) -> i32,
    @since(1.2.1) fn newer(self: const) -> i32,
    @since(1.2.3) fn newest(self: const) -> i32,
    drop fn drop(self: own),
}
opaque Job;
@handshake entry fn facts() -> *const Facts @until(library);
entry fn open_shop() -> own *mut Shop;
optional entry fn {NAME}_missing() -> i32;
@since(1.2.1) entry fn later_one() -> i32;
@since(1.2.3) entry fn latest_one() -> i32;
optional entry static KIND: u32;
@create entry fn job() -> *mut Job;
optional entry fn {NAME}_rest(job: *mut Job);
entry fn {NAME}_work(job: *mut Job);
@destroy(job) entry fn job_end(job: own *mut Job);
"""

SOURCE = r"""
struct Job { int number; };
static int32_t name(const void *self) { (void)self; return 1; }
static void drop(void *self) { (void)self; }
{NAME}_EXPORT const Facts *facts(void) {
    static const Facts facts = {"1.2.2"};
    return &facts;
}
{NAME}_EXPORT Shop *open_shop(void) {
    static Shop shop = {NULL, name, NULL, name, name, name, drop};
    return &shop;
}
{NAME}_EXPORT int32_t later_one(void) { return 1; }
{NAME}_EXPORT int32_t latest_one(void) { return 1; }
{NAME}_EXPORT Job *job(void) { return counted_malloc(sizeof(Job)); }
{NAME}_EXPORT void {name}_work(Job *job) { (void)job; }
{NAME}_EXPORT void job_end(Job *job) { counted_free(job); }
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_of_an_object(bound: Bound) -> None:
    shop = bound.plugin.open_shop()
    offered = {"name": True, "add": False, "offers_": True, "newer": True, "newest": False}
    assert {name: shop.offers(name) for name in offered} == offered
    shop.close()
    with pytest.raises(bound.package.ClosedError):
        shop.offers("name")


def test_of_a_plugin(bound: Bound) -> None:
    offered = {
        "facts": True, "open_shop": True, "missing": False, "later_one": True, "latest_one": False,
        "KIND": False,
    }  # fmt: skip
    assert {name: bound.plugin.offers(name) for name in offered} == offered


def test_of_a_handle(bound: Bound) -> None:
    with bound.plugin.job() as job:
        assert job.offers("work")
        assert not job.offers("rest")
        with pytest.raises(bound.package.NotAvailableError):
            job.rest()


def test_a_name_that_nothing_has_is_a_mistake(bound: Bound) -> None:
    with pytest.raises(ValueError, match="plugins have no 'work'"):
        bound.plugin.offers("work")
    with pytest.raises(ValueError, match="a ShopProxy has no 'state'"):
        bound.plugin.open_shop().offers("state")
