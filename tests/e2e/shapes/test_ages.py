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


TOLD = """
abi {NAME} 1.2.5;
compat major.minor;
struct About {
    @version version: *const char @nul @until(library),
    code: u32,
    @since(1.2.1) kind: u32,
    @since(1.2.3) name: *const char? @nul @until(library),
}
@handshake entry fn {NAME}_about() -> *const About @until(library);
vtable Shop {
    state: *mut void?,
    fn id(self: const) -> u32,
    drop fn drop(self: own),
    @since(1.2.1) rate: u32,
    @since(1.2.3) limit: u32,
    @since(1.2.3) fn later(self: const) -> u32,
}
entry fn {NAME}_shop() -> own *mut Shop;
struct Stock { first: u64, @since(1.2.3) more: u64 }
entry fn {NAME}_stock() -> *const Stock @until(library);
enum Kind { A, @since(1.2.3) B }
@since(1.2.1) entry fn {NAME}_later() -> u32;
@since(1.2.3) entry fn {NAME}_latest() -> u32;
"""

#: What comes behind the last page that is there must not be looked at.
TOLD_SOURCE = r"""
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>
#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS 0x20
#endif
static void *at_the_end(size_t size) {
    long page = sysconf(_SC_PAGESIZE);
    char *start = mmap(NULL, 2 * (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(start + page, (size_t)page, PROT_NONE);
    return start + page - (size + 7) / 8 * 8;
}
static int abouts;
{NAME}_EXPORT const About *{name}_about(void) {
    About *about = at_the_end(SIZE_OF_ABOUT);
    abouts++;
    about->version = VERSION, about->code = 7;
    if (SIZE_OF_ABOUT > offsetof(About, kind)) about->kind = 8;
    if (SIZE_OF_ABOUT > offsetof(About, name)) about->name = "new";
    return about;
}
static uint32_t id(const void *self) { (void)self; return 5; }
static void drop(void *self) { (void)self; }
{NAME}_EXPORT Shop *{name}_shop(void) {
    Shop *shop = at_the_end(SIZE_OF_SHOP);
    shop->state = NULL, shop->id = id, shop->drop = drop;
    if (SIZE_OF_SHOP > offsetof(Shop, rate)) shop->rate = 9;
    if (SIZE_OF_SHOP > offsetof(Shop, limit)) shop->limit = 10, shop->later = id;
    return shop;
}
{NAME}_EXPORT const Stock *{name}_stock(void) {
    Stock *stock = at_the_end(SIZE_OF_SHOP == sizeof(Shop) ? sizeof(Stock) : offsetof(Stock, more));
    stock->first = 1;
    if (SIZE_OF_SHOP == sizeof(Shop)) stock->more = 11;
    return stock;
}
{NAME}_EXPORT uint32_t {name}_later(void) { return 1; }
#ifdef LATEST
{NAME}_EXPORT uint32_t {name}_latest(void) { return 2; }
#endif
"""
OF_1_2_0 = """
#define VERSION "1.2.0"
#define SIZE_OF_ABOUT offsetof(About, kind)
#define SIZE_OF_SHOP offsetof(Shop, rate)
"""
OF_1_2_1 = """
#define VERSION "1.2.1"
#define SIZE_OF_ABOUT offsetof(About, name)
#define SIZE_OF_SHOP offsetof(Shop, limit)
"""
OF_1_2_3 = """
#define LATEST
#define VERSION "1.2.3"
#define SIZE_OF_ABOUT sizeof(About)
#define SIZE_OF_SHOP sizeof(Shop)
"""


def told(workshop: Workshop, mode: str, release: str) -> Bound:
    return workshop.build(TOLD, release + TOLD_SOURCE, mode)


def test_what_tells_the_version_is_read_as_that_allows(workshop: Workshop, mode: str) -> None:
    oldest, older, newest = (told(workshop, mode, each) for each in (OF_1_2_0, OF_1_2_1, OF_1_2_3))
    abouts = [(each.plugin.about.kind, each.plugin.about.name) for each in (oldest, older, newest)]
    assert abouts == [(None, None), (8, None), (8, "new")]


def test_fields_of_objects_that_came_later_are_not_read(workshop: Workshop, mode: str) -> None:
    oldest, older, newest = (told(workshop, mode, each) for each in (OF_1_2_0, OF_1_2_1, OF_1_2_3))
    for bound in (oldest, older, newest):
        with bound.plugin.shop() as shop:
            assert shop.id() == 5
            rates = [name for name in ("rate", "limit", "later") if shop.offers(name)]
            assert rates == {oldest: [], older: ["rate"]}.get(bound, ["rate", "limit", "later"])
    with older.plugin.shop() as shop:
        assert shop.rate == 9
        with pytest.raises(older.package.NotAvailableError) as caught:
            shop.limit  # noqa: B018
        assert str(caught.value) == (
            f"Shop.limit is there since 1.2.3, and {older.plugin.path} has 1.2.1: get a later release of"
            " the plugin, or do without"
        )
        with pytest.raises(older.package.NotAvailableError, match=r"since 1\.2\.3, .* has 1\.2\.1"):
            shop.later()
    with newest.plugin.shop() as shop:
        assert (shop.rate, shop.limit, shop.later()) == (9, 10, 5)


def test_plugins_are_asked_by_either_name(workshop: Workshop, mode: str) -> None:
    older, newest = (told(workshop, mode, each) for each in (OF_1_2_1, OF_1_2_3))
    names = ("Shop", "Shop.id", "Shop.rate", "Shop.limit", "Shop.later", "About.name", "Stock.more",
             "Kind.A", "Kind.B", "later", "latest")  # fmt: skip
    assert [name for name in names if older.plugin.has(name)] == [
        "Shop", "Shop.id", "Shop.rate", "Kind.A", "later"
    ]  # fmt: skip
    assert all(map(newest.plugin.has, names))
    for bound, has in ((older, False), (newest, True)):
        assert bound.plugin.has(f"{bound.package.__name__}_latest") is has
    with pytest.raises(ValueError, match=r"nothing in this ABI is called 'Shop\.price'"):
        older.plugin.has("Shop.price")


UNTOLD = """
abi {NAME} 1.2.0;
compat major.minor;
struct About { @version version: *const char @nul @until(library) }
@handshake optional entry fn {NAME}_about() -> *const About @until(library);
entry fn {NAME}_one() -> u32;
"""
UNTOLD_SOURCE = "{NAME}_EXPORT uint32_t {name}_one(void) { return 1; }\n"


def test_a_plugin_that_tells_nothing_is_refused(workshop: Workshop, mode: str) -> None:
    with pytest.raises(Exception, match=r"does not export `.*_about`") as caught:
        workshop.build(UNTOLD, UNTOLD_SOURCE, mode)
    assert type(caught.value).__name__ == "MissingSymbolError"
