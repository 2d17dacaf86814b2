"""What attributes say of single values: defaults, where an untyped pointer leads, what stands for nothing."""

from __future__ import annotations

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
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
"""

SOURCE = r"""
{NAME}_EXPORT bool default_bool(bool value) { return value; }
{NAME}_EXPORT Level default_enum(Level value) { return value; }
{NAME}_EXPORT uint32_t default_number(uint32_t value) { return value; }
{NAME}_EXPORT uint8_t default_as(uint8_t value) { return value; }
{NAME}_EXPORT uint32_t wished(const Wish *wish) {
    return wish->size * 100 + wish->soon * 10 + (uint32_t)wish->level + wish->usual * 1000 + (wish->name != 0);
}
{NAME}_EXPORT const void *settings(bool wanted) {
    static const Settings mine = {true, Level_High};
    return wanted ? &mine : 0;
}
{NAME}_EXPORT bool is_verbose(const void *settings) { return ((const Settings *)settings)->verbose; }
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
