"""Entries that are data: tables and values that a library exports, and handshakes that go through them."""

from __future__ import annotations

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.2.0;
compat semver;
struct Release { major: u32, minor: u32, patch: u32 }
/// What a library exports.
vtable Entry {
    @version release: Release,
    @handshake @ok(true) fn init(@path file: *const char @nul) -> bool;
    fn deinit();
    @get fn count() -> i32;
    @handshake optional fn late() -> bool @ok(true);
}
@handshake entry static const plugin_entry: Entry;
entry static const plugin_level: i32;
entry static plugin_counter: u32;
entry static const plugin_name: *const char @nul;
optional entry static plugin_missing: u32;
entry static const plugin_table: *const Entry;
"""

SOURCE = r"""
static int32_t calls;
static bool init(const char *file) { calls++; return strstr(file, "plugin") != NULL && !REFUSES; }
static void deinit(void) { calls--; }
static int32_t count(void) { return calls; }
static bool late(void) { calls += 10; return true; }
const Entry plugin_entry = {{MAJOR, MINOR, 7}, init, deinit, MISSING ? NULL : count, late};
const int32_t plugin_level = -3;
uint32_t plugin_counter = 4;
const char *const plugin_name = "it";
const Entry *const plugin_table = &plugin_entry;
"""


def source(**changes: int) -> str:
    values = {"REFUSES": 0, "MAJOR": 1, "MINOR": 3, "MISSING": 0} | changes
    text = SOURCE
    for name, value in values.items():
        text = text.replace(name, str(value))
    return text


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, source(), mode)


def test_a_table_that_is_a_variable_is_read_judged_and_called(bound: Bound) -> None:
    entry = bound.plugin.plugin_entry
    assert (entry.release.major, entry.release.minor, entry.release.patch) == (1, 3, 7)
    assert entry.count == 11, "both functions of the handshake were called"
    entry.deinit()
    assert bound.plugin.plugin_table.count == 10, "the same table, by the other way"


def test_values_of_variables(bound: Bound) -> None:
    assert bound.plugin.plugin_level == -3
    assert bound.plugin.plugin_counter == 4
    assert bound.plugin.plugin_name == "it"
    with pytest.raises(bound.package.NotAvailableError, match="plugin_missing"):
        _ = bound.plugin.plugin_missing


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"MAJOR": 2}, "VersionRefusedError", "version 2.3.7"),
        ({"MINOR": 1}, "VersionRefusedError", "version 1.1.7"),
        ({"REFUSES": 1}, "NullRegistrationError", "`Entry.init` has to accept this host"),
        ({"MISSING": 1}, "NullSlotError", "`Entry.count` is null"),
    ],
)
def test_what_a_loader_refuses(
    workshop: Workshop, changes: dict[str, int], error: str, text: str
) -> None:
    with pytest.raises(Exception, match=text) as caught:
        workshop.build(DESCRIPTION, source(**changes), "ready-made")
    assert type(caught.value).__name__ == error


POINTER = """
abi {NAME} 1.0.0;
vtable Entry { fn count() -> i32; }
@handshake entry static plugin_table: *const Entry?;
"""


def test_a_null_table_is_refused(workshop: Workshop, mode: str) -> None:
    with pytest.raises(Exception, match="`plugin_table` has to describe the plugin") as caught:
        workshop.build(POINTER, "const Entry *plugin_table = NULL;", mode)
    assert type(caught.value).__name__ == "NullRegistrationError"


def test_a_version_that_is_a_variable(workshop: Workshop, mode: str) -> None:
    text = "abi {NAME} 1.0.0; compat exact; @version entry static const version: *const char @nul;"
    made = workshop.build(text, 'const char *const version = "1.0.0";', mode)
    assert made.plugin.version == "1.0.0"
    with pytest.raises(Exception, match=r"version 1\.0\.1"):
        workshop.build(text, 'const char *const version = "1.0.1";', mode)


def test_a_version_that_an_entry_returns_as_numbers(workshop: Workshop, mode: str) -> None:
    text = """abi {NAME} 1.4.0;
    struct Version { major: u16, minor: u16, patch: u16 }
    @handshake @version entry fn version() -> Version;
    """
    made = workshop.build(
        text, "{NAME}_EXPORT Version version(void) { return (Version){1, 4, 9}; }", mode
    )
    assert made.plugin.version.patch == 9
    with pytest.raises(Exception, match=r"version 1\.5\.0"):
        workshop.build(
            text, "{NAME}_EXPORT Version version(void) { return (Version){1, 5, 0}; }", mode
        )
