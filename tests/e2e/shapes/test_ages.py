"""Slots and fields that a plugin does not have, as it is older than they are."""

from __future__ import annotations

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.2.0;
compat accepts(1, 2);
@version const NUMBER: u32 = 2;
@handshake @version entry fn number() -> u32;
@object(me) vtable Till {
    me: *mut void?, fn old(self: const) -> u32, @since(1.2.0) fn new(self: const) -> u32
}
entry fn till() -> *const Till @until(library);
struct Article { id: u32, @since(1.2.0) price: u32 }
entry fn article() -> *const Article @until(library);
entry fn told(article: *const Article) -> u32;
struct Sized { @struct_size size: u32, id: u32, @since(1.2.0) price: u32,
    @since(1.2.0) name: *const char? @nul }
entry fn sized(whole: bool) -> *const Sized @until(library);
entry fn told_sized(sized: *const Sized) -> u32;
"""

SOURCE = r"""
#ifdef OLD
static const uint32_t mine = 1;

#else
static const uint32_t mine = 2;
#endif
{NAME}_EXPORT uint32_t number(void) { return mine; }
static uint32_t old(const void *me) { (void)me; return 5; }
static uint32_t new(const void *me) { (void)me; return 6; }
static Till made;
{NAME}_EXPORT const Till *till(void) {
    made = (Till){0, old, mine == 2 ? new : (uint32_t (*)(const void *))8};
    return &made;
}
{NAME}_EXPORT const Article *article(void) { static const Article a = {1, 77}; return &a; }
{NAME}_EXPORT uint32_t told(const Article *article) { return article->id * 100 + article->price; }
{NAME}_EXPORT const Sized *sized(bool whole) {
    static Sized s = {0, 1, 77, "name"};
    s.size = whole ? sizeof(Sized) : 8;
    return &s;
}
{NAME}_EXPORT uint32_t told_sized(const Sized *s) {
    return s->size == sizeof(Sized) ? s->id * 100 + s->price + (s->name != 0) : 0;
}
"""


@pytest.fixture
def older(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, f"#define OLD\n{SOURCE}", mode)


@pytest.fixture
def current(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_older_plugins_have_nothing_newer(older: Bound) -> None:
    with older.plugin.till() as till:
        assert till.old() == 5
        with pytest.raises(
            older.package.NotAvailableError, match=r"since 1\.2\.0, and .* is older"
        ):
            till.new()
    assert older.plugin.article() == older.package.Article(id=1)


def test_plugins_of_this_version_have_all(current: Bound) -> None:
    package, plugin = current.package, current.plugin
    with plugin.till() as till:
        assert till.new() == 6
    assert plugin.article() == package.Article(id=1, price=77)
    assert plugin.told(package.Article(id=1, price=5)) == 105
    assert plugin.told(package.Article(id=1)) == 100


def test_sizes_tell_what_is_there(current: Bound) -> None:
    package, plugin = current.package, current.plugin
    assert plugin.sized(True) == package.Sized(id=1, price=77, name="name")
    assert plugin.sized(False) == package.Sized(id=1)
    assert plugin.told_sized(package.Sized(id=1, price=5, name="x")) == 106
    assert plugin.told_sized(package.Sized(id=1)) == 100
