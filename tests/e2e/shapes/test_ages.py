"""Slots and fields that a plugin does not have, as it is older than they are."""

from __future__ import annotations

import re

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


@pytest.mark.slow
def test_a_table_that_ends_before_a_slot_says_which_version_has_it(
    workshop: Workshop, mode: str
) -> None:
    text = """
abi {NAME} 1.2.0;
compat size_first;
@object(self) vtable Shop { @struct_size size: usize, fn name() -> i32, @since(1.1.0) fn late() -> i32 }
entry fn shop() -> *const Shop @until(library);
"""
    source = """
static int32_t name(void) { return 1; }
{NAME}_EXPORT const Shop *shop(void) {
    static const Shop shop = {offsetof(Shop, late), name, NULL};
    return &shop;
}
"""
    bound = workshop.build(text, source, mode)
    shop = bound.plugin.shop()
    assert (shop.name(), shop.offers("late")) == (1, False)
    said = r"Shop\.late is there since 1\.1\.0, and this plugin has none"
    with pytest.raises(bound.package.NotAvailableError, match=said):
        shop.late()


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
    assert str(caught.value).endswith(
        "which a plugin may leave out, and by which a host knows its version: build the plugin again"
        " so that it does"
    )


LEFT_OUT = """
abi {NAME} 1.2.0;
compat major.minor;
vtable Table {
    @handshake fn begin() -> bool @ok(true);
    @since(1.2.0) @handshake fn more() -> bool @ok(true);
}
@handshake @version entry fn {NAME}_version() -> *const char? @nul @until(library);
@handshake optional entry fn {NAME}_extras() -> *const Table @until(library);
@handshake @since(1.2.0) entry fn {NAME}_start() -> bool @ok(true);
"""
LEFT_OUT_SOURCE = r"""
{NAME}_EXPORT const char *{name}_version(void) { return VERSION; }
static bool no(void) { return false; }
static bool yes(void) { return true; }
#ifdef EXTRAS
{NAME}_EXPORT const Table *{name}_extras(void) { static const Table t = {EXTRAS}; return &t; }
#endif
#ifdef STARTS
{NAME}_EXPORT bool {name}_start(void) { return STARTS; }
#endif
{NAME}_EXPORT bool used(void) { return no() && yes(); }
"""


@pytest.mark.parametrize(
    ("defines", "said"),
    [
        ({"VERSION": '"1.2.0"', "STARTS": "true"}, ""),
        ({"VERSION": '"1.2.0"', "STARTS": "true", "EXTRAS": "yes, no"}, "`Table.more`"),
        ({"VERSION": '"1.2.0"'}, "_start`, which is there since 1.2.0: build the plugin again"),
        ({"VERSION": '"1.2.0-rc.1"', "EXTRAS": "yes, no"}, ""),
        ({"VERSION": "NULL", "STARTS": "true"}, "there is a null pointer in place of it, and this"),
    ],
)
@pytest.mark.slow
def test_what_may_be_left_out_at_load_is_left_out(
    workshop: Workshop, defines: dict[str, str], said: str
) -> None:
    """Only what is compared has to be there: an entry that is optional, or newer, is called where it is."""
    source = (
        "".join(f"#define {name} {value}\n" for name, value in defines.items()) + LEFT_OUT_SOURCE
    )
    if not said:
        plugin = workshop.build(LEFT_OUT, source, "ready-made").plugin
        assert (plugin.extras is not None) == ("EXTRAS" in defines)
        return
    with pytest.raises(Exception, match=re.escape(said)) as caught:
        workshop.build(LEFT_OUT, source, "ready-made")
    assert type(caught.value).__name__ == (
        "MissingSymbolError" if "which is there" in said else "NullRegistrationError"
    )


SIDE_BY_SIDE = """
abi {NAME} 1.2.0;
compat size_first;
struct Article { @struct_size size: u32, id: u32, @since(1.1.0) price: u64, @since(1.2.0) count: u64 }
@list(first, count) struct Articles { first: *const Article, count: usize }
@object(me) vtable Till { @struct_size size: usize, me: *mut void, fn a(self: const) -> u32,
    @since(1.2.0) optional fn b(self: const) -> u32 }
struct Shop {
    articles: *const Article @len(n), bytes: *const Article @size(m), n: usize, m: usize,
    tills: *const Till @len(n)
}
struct Row { inner: Article, both: [Article; 2], behind: u32 }
@handshake entry fn shop() -> *const Shop @until(library);
entry fn articles() -> Articles @until(library);
entry fn row(inner: u32, both: u32) -> *const Row @until(library);
entry fn counted(articles: *const Article @len(n), n: usize) -> u64;
"""
#: A plugin that knows its articles and tills in other sizes: what stands in for the header's types.
SIDE_BY_SIDE_SOURCE = r"""
typedef struct { uint32_t size, id; MEMBERS } Mine;
typedef struct { size_t size; void *me; uint32_t (*a)(const void *); SLOTS } MyTill;
#define ONE(n) {SIZED, n, VALUES}
static const Mine mine[3] = {ONE(1), ONE(2), {LAST, 3, VALUES}};
static uint32_t a(const void *me) { return *(const uint32_t *)me; }
static uint32_t numbers[3] = {11, 12, 13};
#define TILL(n) {sizeof(MyTill), &numbers[n], a FUNCTIONS}
static const MyTill tills[3] = {TILL(0), TILL(1), TILL(2)};
{NAME}_EXPORT const Shop *shop(void) {
    static Shop it;
    it = (Shop){(const Article *)mine, (const Article *)mine, 3, sizeof mine, (const Till *)tills};
    return &it;
}
{NAME}_EXPORT Articles articles(void) { return (Articles){(const Article *)mine, 3}; }
{NAME}_EXPORT const Row *row(uint32_t inner, uint32_t both) {
    static Row it;
    it = (Row){{inner, 5, 0, 0}, {{sizeof(Article), 6, 0, 0}, {both, 7, 0, 0}}, 8};
    return &it;
}
{NAME}_EXPORT uint64_t counted(const Article *articles, size_t n) {
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += ((const Mine *)((const char *)articles + i * articles->size))->id;
    }
    return sum;
}
"""
OLDER = {"MEMBERS": "uint64_t price;", "VALUES": "70", "SLOTS": "", "FUNCTIONS": ""}
NEWER = {
    "MEMBERS": "uint64_t price, count, more;",
    "VALUES": "70, 80, 90",
    "SLOTS": "uint32_t (*b)(const void *); uint32_t (*c)(const void *);",
    "FUNCTIONS": ", a, a",
}
SAME = {
    "MEMBERS": "uint64_t price, count;",
    "VALUES": "70, 80",
    "SLOTS": "uint32_t (*b)(const void *);",
    "FUNCTIONS": ", a",
}


def side_by_side(
    workshop: Workshop, words: dict[str, str], sized: str = "sizeof(Mine)", last: str = ""
) -> Bound:
    source = SIDE_BY_SIDE_SOURCE
    for word, text in (words | {"SIZED": sized, "LAST": last or sized}).items():
        source = source.replace(word, text)
    return workshop.build(SIDE_BY_SIDE, source, "ready-made")


@pytest.mark.parametrize(
    ("words", "count"), [(OLDER, None), (SAME, 80), (NEWER, 80)], ids=["older", "same", "newer"]
)
def test_elements_that_tell_their_size_are_where_that_says(
    workshop: Workshop, words: dict[str, str], count: int | None
) -> None:
    made = side_by_side(workshop, words)
    package, shop = made.package, made.plugin.shop
    articles = [package.Article(id=each, price=70, count=count) for each in (1, 2, 3)]
    assert shop.articles == shop.bytes == made.plugin.articles() == articles
    assert [each.a() for each in shop.tills] == [11, 12, 13]
    assert [each.offers("b") for each in shop.tills] == [count is not None] * 3
    assert made.plugin.counted(articles) == 6


@pytest.mark.parametrize(
    ("sized", "last", "text"),
    [
        ("0", "0", "`Article.size` says 0 bytes"),
        ("18", "18", "`Article.size` says 18 bytes"),
        ("sizeof(Mine)", "8", "element 2 of several `Article` has 8 bytes, and the first one 24"),
    ],
)
def test_elements_of_sizes_that_cannot_be(
    workshop: Workshop, sized: str, last: str, text: str
) -> None:
    with pytest.raises(Exception, match=text):
        _ = side_by_side(workshop, SAME, sized, last).plugin.shop.articles


@pytest.mark.parametrize(("inner", "both"), [(16, 24), (24, 16)])
def test_what_stands_in_front_of_others_has_to_be_as_large_as_here(
    workshop: Workshop, inner: int, both: int
) -> None:
    made = side_by_side(workshop, SAME)
    assert made.plugin.row(24, 24).behind == 8
    with pytest.raises(
        made.package.ContractError, match="`Article` has 16 bytes here and 24 for this host"
    ):
        made.plugin.row(inner, both)
