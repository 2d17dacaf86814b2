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


ABOUT = """
abi {NAME} 1.0.0;
struct About { @version release: *const char @nul }
@handshake entry fn about() -> *const About?;
"""


def test_a_plugin_that_does_not_say_what_it_is_is_refused(workshop: Workshop) -> None:
    with pytest.raises(
        Exception, match="`about` has to describe the plugin, and came with null"
    ) as caught:
        workshop.build(ABOUT, "const About *about(void) { return NULL; }", "ready-made")
    assert type(caught.value).__name__ == "NullRegistrationError"


def test_a_version_that_is_a_variable(workshop: Workshop, mode: str) -> None:
    text = "abi {NAME} 1.0.0; compat exact; @version entry static const version: *const char @nul;"
    made = workshop.build(text, 'const char *const version = "1.0.0";', mode)
    assert made.plugin.version == "1.0.0"
    with pytest.raises(Exception, match=r"version 1\.0\.1"):
        workshop.build(text, 'const char *const version = "1.0.1";', mode)


def test_a_version_that_is_null(workshop: Workshop) -> None:
    text = "abi {NAME} 1.0.0; @version entry static const version: *const char @nul;"
    with pytest.raises(Exception, match="does not say its version: there is a null") as caught:
        workshop.build(text, "const char *const version = NULL;", "ready-made")
    assert type(caught.value).__name__ == "NullRegistrationError"


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


NUMBER = """
abi {NAME} 1.0.0;
compat integer(ABI);
const ABI: u32 = 3;
@version entry fn number() -> u32;
"""


def test_a_version_that_a_function_returns(workshop: Workshop) -> None:
    """It is called at load, and can be called later on."""
    source = "uint32_t number(void) { return RETURNED; }"
    made = workshop.build(NUMBER, source.replace("RETURNED", "3"), "ready-made")
    assert made.plugin.number() == 3
    with pytest.raises(Exception, match="has version 4, and this host knows 3") as caught:
        workshop.build(NUMBER, source.replace("RETURNED", "4"), "ready-made")
    assert type(caught.value).__name__ == "VersionRefusedError"


NESTED = """
abi {NAME} 1.4.0;
compat major.minor;
struct Meta { kind: u32, @version release: *const char @nul, @since(1.4.0) later: u64 }
struct Box { meta: *const Meta? }
struct About { number: u32, box: Box }
vtable Entry { state: *mut void, meta: *const Meta?, fn count(self: const) -> i32; }
@handshake entry fn about() -> *const About;
@handshake entry fn plugin_entry() -> *const Entry @until(library);
"""
NESTED_SOURCE = r"""
static const Meta first = {1, FIRST, 77}, second = {2, SECOND, 78};
const About *about(void) {
    static About it = {5, {&first}};
    if (first.release == NULL) it.box.meta = NULL;
    return &it;
}
static int32_t count(const void *state) { (void)state; return 9; }
const Entry *plugin_entry(void) {
    static Entry it = {NULL, &second, count};
    if (second.release == NULL) it.meta = NULL;
    return &it;
}
"""


def nested(first: str, second: str) -> str:
    return NESTED_SOURCE.replace("FIRST", first).replace("SECOND", second)


def test_versions_inside_of_what_the_handshake_gives(workshop: Workshop) -> None:
    made = workshop.build(NESTED, nested('"1.4.0"', '"1.4.2"'), "ready-made")
    assert made.plugin.about.box.meta.later == 77, "read again, once the version was known"
    assert made.plugin.plugin_entry.meta.later == 78
    made = workshop.build(NESTED, nested('"1.4.0-rc.1"', '"1.4.0-rc.1"'), "ready-made")
    assert made.plugin.about.box.meta.later is None, "what an older plugin lacks is not read"
    assert made.plugin.plugin_entry.meta.later is None


@pytest.mark.parametrize(
    ("first", "second", "error", "text"),
    [
        ('"1.3.0"', '"1.4.0"', "VersionRefusedError", "version 1.3.0"),
        ('"1.4.0"', '"1.5.0"', "VersionRefusedError", "version 1.5.0"),
        ("0", '"1.4.0"', "NullRegistrationError", "`Box.meta` has to describe the plugin"),
        ('"1.4.0"', "0", "NullRegistrationError", "`Entry.meta` has to describe the plugin"),
    ],
)
def test_versions_inside_that_are_refused(
    workshop: Workshop, first: str, second: str, error: str, text: str
) -> None:
    with pytest.raises(Exception, match=text) as caught:
        workshop.build(NESTED, nested(first, second), "ready-made")
    assert type(caught.value).__name__ == error


PARTS = """
abi {NAME} 1.4.0;
struct Meta { @version release: *const char @nul }
struct About { left: *const Meta?, right: *const Meta? }
@handshake entry fn about() -> *const About;
"""


@pytest.mark.parametrize(
    ("left", "right", "error"),
    [
        ("&good", "0", ""),
        ("&good", "&bad", "VersionRefusedError"),
        ("0", "0", "NullRegistrationError"),
    ],
)
def test_one_of_several_versions_has_to_be_there(
    workshop: Workshop, left: str, right: str, error: str
) -> None:
    source = (
        'extern const Meta good, bad; const Meta good = {"1.4.0"}, bad = {"2.0.0"};'
        f"const About *about(void) {{ static const About it = {{{left}, {right}}}; return &it; }}"
    )
    if error:
        with pytest.raises(Exception, match=r"`About\.left` or `About\.right`|2\.0\.0") as caught:
            workshop.build(PARTS, source, "ready-made")
        assert type(caught.value).__name__ == error
    else:
        assert workshop.build(PARTS, source, "ready-made").plugin.about.right is None
