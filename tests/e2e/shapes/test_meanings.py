"""What attributes say of single values: defaults, what is behind untyped pointers, what is nothing."""

from __future__ import annotations

import os

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
allocator heap = malloc/free;
const USUAL: u32 = 9;
enum Level { Low, High = 4 }
struct Settings { verbose: bool, level: Level }
struct Wish { @default(7) size: u32, @default(true) soon: bool, @default(High) level: Level,
    @default(USUAL) usual: u32, @default(null) name: *const char? @nul, id: u32 }

entry fn default_bool(@default(true) value: bool) -> bool;
entry fn default_enum(@default(High) value: Level) -> Level;
entry fn default_number(@default(USUAL) value: u32) -> u32;
entry fn default_as(@default(Level::High) value: u8 @as(Level)) -> u8 @as(Level);
entry fn wished(wish: *const Wish) -> u32;
entry fn settings(wanted: bool) -> *const void? @to(Settings) @until(library);
entry fn is_verbose(settings: *const void @to(Settings)) -> bool;
entry fn file_size(name: *const char @nul @encoding(filename)) -> usize;
entry fn file_name() -> *const char @nul @encoding(filename) @until(library);
entry fn copied(name: *const char? @nul @encoding(bytes))
    -> own *mut char? @nul @encoding(bytes) @owned(heap);
@string(ptr, len) @encoding(bytes) struct Raw { ptr: *const char, len: usize }
@string(ptr, len) @encoding(filename) struct Path { ptr: *const char, len: usize }
entry fn raw(text: Raw, path: Path) -> usize;
entry fn last_raw() -> Raw @until(library);
entry fn last_path() -> Path @until(library);
struct Names { file: [char; 8] @encoding(filename), raw: *const char @nul @encoding(bytes) }
entry fn named(names: *const Names) -> usize;
@error_buffer(text, len) struct Why { text: [u8; 32], len: u32 }
@truth("not found") @ok(0) @error(why) entry fn has(key: u32, why: *mut Why @out) -> i32;
@truth("not found") @fails(< 0) @error(why) entry fn holds(key: u32, why: *mut Why @out) -> i32;
@truth("not found") @ok(true) @error(why) entry fn owns(key: u32, why: *mut Why @out) -> bool;
vtable Shop {
    state: *mut void,
    @truth("not found") @ok(0) @error(why) fn has(self: const, key: u32, why: *mut Why) -> i32;
    drop fn drop(self: own);
}
entry fn ask(shop: *const Shop @until(call), key: u32, status: *mut i32 @out)
    -> *const char @nul @until(library);
entry fn shop() -> own *mut Shop @owned(heap);
entry fn find(key: i32 @none(< 0)) -> i32 @none(< 0);
entry fn beyond(key: u8 @none(>= 200)) -> u8 @none(> 100);
entry fn level(level: Level @none(Low)) -> Level @none(Low);
entry fn address(value: *const i32 @none(8)) -> i32;
entry fn addressed(key: i32) -> *const i32 @none(8) @until(library);
entry fn doubler() -> fn(i32) -> i32;
callback Told(@ctx *mut void, i32, i32) -> i32;
entry fn tell(i32, told: Told @ctx(user) @scope(call), user: *mut void, *mut i32 @out) -> i32;
struct Nested { head: struct { x: i32, y: i32 }, on: bool : 1, off: bool : 1, few: u8 : 3 }
entry fn nested() -> *const Nested @until(library);
entry fn nested_sum(nested: *const Nested) -> i32;
"""

SOURCE = r"""
{NAME}_EXPORT bool default_bool(bool value) { return value; }
{NAME}_EXPORT Level default_enum(Level value) { return value; }
{NAME}_EXPORT uint32_t default_number(uint32_t value) { return value; }
{NAME}_EXPORT uint8_t default_as(uint8_t value) { return value; }
{NAME}_EXPORT uint32_t wished(const Wish *wish) {
    uint32_t rest = wish->soon * 10 + (uint32_t)wish->level + (wish->name != 0);
    return wish->usual * 1000 + wish->size * 100 + rest;
}
{NAME}_EXPORT const void *settings(bool wanted) {
    static const Settings mine = {true, Level_High};
    return wanted ? &mine : 0;
}
{NAME}_EXPORT bool is_verbose(const void *settings) { return ((const Settings *)settings)->verbose; }
static bool found(uint32_t key, Why *why) {
    const char *text = key == 1 ? "" : key == 0 ? "not found" : "broken";
    why->len = (uint32_t)strlen(text);
    memcpy(why->text, text, why->len);
    return key == 1;
}
{NAME}_EXPORT int32_t has(uint32_t key, Why *why) { return found(key, why) ? 0 : 1; }
{NAME}_EXPORT int32_t holds(uint32_t key, Why *why) { return found(key, why) ? 5 : -1; }
{NAME}_EXPORT bool owns(uint32_t key, Why *why) { return found(key, why); }
static int32_t shop_has(const void *self, uint32_t key, Why *why) { (void)self; return has(key, why); }
static void shop_drop(void *self) { (void)self; }
{NAME}_EXPORT const char *ask(const Shop *shop, uint32_t key, int32_t *status) {
    static char said[33];
    Why why = {"nothing", 7};
    *status = shop->has(shop->state, key, &why);
    memcpy(said, why.text, why.len);
    said[why.len] = 0;
    return said;
}
{NAME}_EXPORT Shop *shop(void) {
    Shop *made = test_malloc(sizeof(Shop));
    *made = (Shop){0, shop_has, shop_drop};
    return made;
}
{NAME}_EXPORT int32_t find(int32_t key) { return key - 5; }
{NAME}_EXPORT uint8_t beyond(uint8_t key) { return key; }
{NAME}_EXPORT Level level(Level level) { return level; }
{NAME}_EXPORT int32_t address(const int32_t *value) { return (uintptr_t)value == 8 ? -8 : *value; }
{NAME}_EXPORT const int32_t *addressed(int32_t key) {
    static int32_t kept;
    kept = key;
    return key ? &kept : (const int32_t *)8;
}
static int32_t doubled(int32_t number) { return 2 * number; }
{NAME}_EXPORT int32_t (*doubler(void))(int32_t) { return doubled; }
{NAME}_EXPORT int32_t tell(int32_t number, Told told, void *user, int32_t *out) {
    *out = number;
    return told(user, number, 100);
}
{NAME}_EXPORT const Nested *nested(void) {
    static Nested made = {{1, 2}, true, false, 5};
    return &made;
}
{NAME}_EXPORT int32_t nested_sum(const Nested *nested) {
    return nested->head.x + 10 * nested->head.y + 100 * nested->on + 1000 * nested->few;
}
{NAME}_EXPORT size_t file_size(const char *name) { return strlen(name); }
{NAME}_EXPORT const char *file_name(void) { return "a\377b"; }
{NAME}_EXPORT char *copied(const char *name) {
    return name ? strcpy(malloc(strlen(name) + 1), name) : 0;
}
static Raw seen_raw; static Path seen_path; static char kept[2][16];
{NAME}_EXPORT size_t raw(Raw text, Path path) {
    memcpy(kept[0], text.ptr, text.len); memcpy(kept[1], path.ptr, path.len);
    seen_raw = (Raw){kept[0], text.len}; seen_path = (Path){kept[1], path.len};
    return text.len * 10 + path.len;
}
{NAME}_EXPORT Raw last_raw(void) { return seen_raw; }
{NAME}_EXPORT Path last_path(void) { return seen_path; }
{NAME}_EXPORT size_t named(const Names *names) { return strlen(names->file) * 10 + strlen(names->raw); }
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_defaults_of_parameters(bound: Bound) -> None:
    package, plugin = bound.package, bound.plugin
    assert plugin.default_bool() is True
    assert plugin.default_bool(False) is False
    assert plugin.default_enum() is package.Level.High
    assert plugin.default_enum(package.Level.Low) is package.Level.Low
    assert plugin.default_number() == 9
    assert plugin.default_as() is package.Level.High


def test_defaults_of_fields(bound: Bound) -> None:
    wish = bound.package.Wish(id=1)
    assert (wish.size, wish.soon, wish.usual, wish.name) == (7, True, 9, None)
    assert wish.level is bound.package.Level.High
    assert bound.plugin.wished(wish) == 9714


def test_where_an_untyped_pointer_leads(bound: Bound) -> None:
    package, plugin = bound.package, bound.plugin
    assert plugin.settings(True) == package.Settings(verbose=True, level=package.Level.High)
    assert plugin.settings(False) is None
    assert plugin.is_verbose(package.Settings(verbose=True, level=package.Level.Low)) is True


def test_encodings_that_are_none_or_of_the_system(bound: Bound) -> None:
    package, plugin = bound.package, bound.plugin
    assert plugin.file_name() == os.fsdecode(b"a\xffb")
    assert plugin.file_size(os.fsdecode(b"a\xffb")) == 3
    assert plugin.copied(b"a\xff") == b"a\xff"
    assert plugin.copied(None) is None
    with pytest.raises(TypeError, match="bytes are needed, not str"):
        plugin.copied("a")
    with pytest.raises(ValueError, match="cannot contain one"):
        plugin.copied(b"a\0b")
    assert plugin.raw(b"\0\xff", os.fsdecode(b"\xff")) == 21
    assert plugin.last_raw() == b"\0\xff"
    assert plugin.last_path() == os.fsdecode(b"\xff")
    assert plugin.named(package.Names(file=os.fsdecode(b"\xfe\xff"), raw=b"\xff")) == 21


def test_failures_that_stand_for_false(bound: Bound) -> None:
    package, plugin = bound.package, bound.plugin
    with plugin.shop() as shop:
        for has in (plugin.has_, plugin.holds, plugin.owns, shop.has):
            assert has(1) is True
            assert has(0) is False
            with pytest.raises(package.Why, match="broken"):
                has(2)


class Shop:
    def has(self, key: int) -> bool:
        if key == 2:
            raise RuntimeError("broken")
        return key == 1


def test_what_python_says_is_not_so(bound: Bound) -> None:
    asked = [bound.plugin.ask(Shop(), key) for key in (1, 0, 2)]
    assert asked == [("nothing", 0), ("not found", 1), ("RuntimeError: broken", 1)]


def test_what_stands_for_nothing(bound: Bound) -> None:
    package, plugin = bound.package, bound.plugin
    assert [plugin.find(key) for key in (7, 5, 4, None)] == [2, 0, None, None]
    assert [plugin.beyond(key) for key in (7, 100, 101, None)] == [7, 100, None, None]
    high = package.Level.High
    assert [plugin.level(each) for each in (high, None)] == [high, None]
    assert [plugin.address(each) for each in (3, None)] == [3, -8]
    assert [plugin.addressed(each) for each in (3, 0)] == [3, None]


def test_parameters_without_names(bound: Bound) -> None:
    assert bound.plugin.doubler()(4) == 8
    assert bound.plugin.tell(7, lambda number, more: number + more) == (107, 7)


def test_structs_in_place_and_bits(bound: Bound) -> None:
    nested = bound.plugin.nested()
    assert (nested.head.x, nested.head.y, nested.few) == (1, 2, 5)
    assert nested.on is True
    assert nested.off is False
    assert bound.plugin.nested_sum(nested) == 5121


def test_paths_that_are_bytes_or_have_nul(bound: Bound) -> None:
    package, path = bound.package, bound.plugin.path
    assert package.load(os.fsencode(path), bound.plugin.mode).path == path
    with pytest.raises(package.LibraryMissingError, match="no name of a file"):
        package.load(f"{path}\0", bound.plugin.mode)
