"""Loaders refuse what was compiled against something else, whatever version it says, before any call."""

from __future__ import annotations

import contextlib
import importlib
import mmap
import struct
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import cffi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abilock.compat.verdict import judge
from abilock.layout.target import find_target
from abilock.model.decls import Library
from abilock.model.known import Fit, KnownRelease
from abilock.model.prints import fingerprint_of_all
from abilock.model.witness import rows
from abilock.releases.promises import promises
from abilock.witness.compare import described, differences
from abilock.witness.libraries import read_images
from abilock.witness.record import read_record
from support.library import library_of
from support.witnesses import Shelf, calls_of, changed

#: What the loader refuses of a witness; the fast run has the records themselves, in unit/witness.
pytestmark = pytest.mark.slow

FIRST, LATE = "fn first(self: const) -> i32,", "@since(1.2.2) fn late(self: const) -> i32,\n"
POINT = "struct Point { x: i32, y: i32 }"
VERSION = "{NAME} 1.2.3"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, cc: list[str]) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("witness"), cc)


def refusal(shelf: Shelf, built: Path, mode: str) -> str:
    """What the loader says, after which nothing of the plugin was called."""
    with pytest.raises(shelf.package.WitnessRefusedError) as caught:
        shelf.package.load(built, mode)
    assert calls_of(built) == 0
    # `abilock verify` judges as loaders do.
    (image,) = read_images(built)
    (data,) = image.records.values()
    record = read_record(data)
    library = library_of(shelf.description.replace("{NAME}", shelf.name))
    groups = described(library, find_target(record.target))
    found = next(differences(groups, record, library.version, record.version))
    told = (caught.value.element, caught.value.compiled, caught.value.expected)
    assert (found.element, found.compiled, found.described) == told
    return str(caught.value).partition(": ")[2]


def test_what_was_compiled_against_the_same_is_used(shelf: Shelf, mode: str) -> None:
    plugin = shelf.package.load(shelf.plugin(), mode)
    with plugin.open_shop() as shop:
        assert (shop.first(), shop.late()) == (10, 10)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {FIRST: f"fn extra(self: mut, n: u8) -> i64, {FIRST}"},
            "`Shop.first`: the plugin was compiled with `fn extra(self: mut, n: u8) -> i64`, and this host"
            " expects `fn first(self: const) -> i32`; so are 5 more of it;",
        ),
        (
            {"struct Item { id: u32": "struct Item { id: u64"},
            "`Item.id`: the plugin was compiled with `id: u64` (8 bytes at offset 0), and this host expects"
            " `id: u32` (4 bytes at offset 0); so are 5 more of it;",
        ),
        (
            {"item: *const Item, token": "item: *const Item, n: u32, token"},
            "`Shop.second`: the plugin was compiled with `optional fn second(self: const, item: *const"
            " Item, n: u32, token: *mut Token?) -> i32`, and this host expects `optional fn second(self:"
            " const, item: *const Item, token: *mut Token?) -> i32`;",
        ),
        (
            {"type Count = u32": "type Count = i32"},
            "`Item.count`: the plugin was compiled with `count: Count`, and this host expects `count:"
            " Count`; `Count` is `i32` there and `u32` here;",
        ),
        (
            {"more: u32 }": "more: u32, rest: u64 }"},
            "`Board.rest`: the plugin was compiled with `rest: u64`, which this host does not know;",
        ),
        ({"On = 1": "On = 2"}, "`Mode.On`: the plugin was compiled with `On = 2`, and this host"),
        (
            {"token: *mut Token?": "token: *mut Token"},
            "`Shop.second`: the plugin was compiled with",
        ),
        ({LATE: ""}, "`Shop.late`: the plugin was compiled without it"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_nobody_bumped_the_version(
    shelf: Shelf, mode: str, changes: dict[str, str], said: str
) -> None:
    built = shelf.plugin(changes, late="late" not in str(changes))
    told = refusal(shelf, built, mode)
    assert told.startswith(said)
    assert "compiled for version 1.2.3 of" in told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"row: u16, column: u16": "column: u16, row: u16"},
            "`Item.at.row`: the plugin was compiled",
        ),
        (
            {POINT: "struct Point { y: i32, x: i32 }"},
            "`Point.x`: the plugin was compiled with `y: i32`",
        ),
        (
            {"low: u32 : 3": "low: u32 : 4"},
            "`Bits.low`: the plugin was compiled with `low: u32 : 4`",
        ),
        ({"low: u32 : 3,": "low: u32 : 3, _: u32 : 1,"}, "`Bits.high`: the plugin was compiled"),
        (
            {POINT: f"@packed(1) {POINT}"},
            "`Point`: the plugin was compiled with `struct Point: packed(1)`, and this host expects"
            " `struct Point`;",
        ),
        (
            {POINT: "struct Point { x: i32, y: i32, z: i32 }"},
            "`Point.z`: the plugin was compiled with",
        ),
        ({", y: i32": ""}, "`Point.y`: the plugin was compiled without it"),
        ({"item: *const Item)": "item: own *const Item)"}, "`Visitor`: the plugin was compiled"),
        (
            {"-> own *mut Shop": "-> *mut Shop @until(library)"},
            "`open_shop`: the plugin was compiled",
        ),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_nobody_bumped_the_version_either(
    shelf: Shelf, mode: str, changes: dict[str, str], said: str
) -> None:
    assert refusal(shelf, shelf.plugin(changes), mode).startswith(said)


@pytest.mark.parametrize(
    "changes",
    [
        {"compat major.minor;": "/// Said otherwise.\ncompat major.minor;"},
        {"item: *const Item, token": "it: *const Item, token"},
        {"token: *mut Token?": "token: *mut void?"},
        {"optional fn second": '@deprecated(1.2.3, "use another") optional fn second'},
        {"struct Point": "@deprecated(1.2.3) struct Point"},
        {"count: Count": "count: u32"},
        {"id: u32": "id: c_uint"},
    ],
    ids=str,
)
def test_what_changes_nothing_is_accepted(shelf: Shelf, mode: str, changes: dict[str, str]) -> None:
    shelf.package.load(shelf.plugin(changes), mode)


def test_an_older_one_without_gated_additions(shelf: Shelf, mode: str) -> None:
    """It is used with exactly what it has."""
    changes = {VERSION: "{NAME} 1.2.1", LATE: "", ", @since(1.2.2) more: u32": ""}
    plugin = shelf.package.load(shelf.plugin(changes, late=False), mode)
    with plugin.open_shop() as shop:
        assert shop.first() == 10
        assert not shop.offers("late")
        with pytest.raises(
            shelf.package.NotAvailableError, match=r"since 1\.2\.2, and .* has 1\.2\.1"
        ):
            shop.late()
    assert plugin.board() == shelf.package.Board(total=7)


def test_an_older_one_in_which_something_else_moved(shelf: Shelf, mode: str) -> None:
    changes = {VERSION: "{NAME} 1.2.1", "@since(1.2.2) ": "", FIRST: f"fn gone(self: mut), {FIRST}"}
    told = refusal(shelf, shelf.plugin(changes), mode)
    assert told.startswith("`Shop.first`: the plugin was compiled with `fn gone(self: mut)`")
    assert "compiled for version 1.2.1 of" in told


def test_a_newer_one_with_more_at_the_end(shelf: Shelf, mode: str) -> None:
    more = f"{LATE}    @since(1.2.4) fn later(self: const) -> i32,\n"
    changes = {VERSION: "{NAME} 1.2.4", LATE: more, "Off = 0, On = 1": "Off = 0, On = 1, Auto = 2"}
    plugin = shelf.package.load(shelf.plugin(changes), mode)
    with plugin.open_shop() as shop:
        assert shop.late() == 10


def test_a_newer_one_in_which_values_grew(shelf: Shelf, mode: str) -> None:
    """What is behind a pointer may have more at its end; what is passed by value may not."""
    changes = {VERSION: "{NAME} 1.2.4"}
    more = {"more: u32 }": "more: u32, @since(1.2.4) rest: u64 }"}
    assert shelf.package.load(shelf.plugin(changes | more), mode).board().total == 7
    grown = {"struct Card { n: u32 }": "struct Card { n: u32, @since(1.2.4) m: u32 }"}
    told = refusal(shelf, shelf.plugin(changes | grown), mode)
    assert told.startswith("`Card`: the plugin was compiled with 8 bytes, and this host expects 4")
    inner = {POINT: "struct Point { x: i32, y: i32, @since(1.2.4) z: i32 }"}
    told = refusal(shelf, shelf.plugin(changes | inner), mode)
    assert told.startswith("`Item.place`: the plugin was compiled with `place: Point` (12 bytes at")


def test_promises_are_judged_by_the_rule_between_versions(shelf: Shelf, mode: str) -> None:
    changes = {VERSION: "{NAME} 1.2.4", "token: *mut Token?": "token: *mut Token"}
    shelf.package.load(shelf.plugin(changes), mode)


class Remembering(Shelf):
    """A host that knows a release, which was written in another way, and fits."""

    is_built = False

    def __init__(self, folder: Path, cc: list[str], changes: dict[str, str]) -> None:
        super().__init__(folder, cc)
        self._changes = changes

    def library(self, description: str) -> Library:
        present = super().library(description)
        past = super().library(changed(self.description, self._changes))
        theirs = tuple(row for group in rows(past) for row in group)
        witness = fingerprint_of_all(theirs)
        others = tuple(promises(theirs, present, judge(past, present)))
        told = str(past.version)
        known = KnownRelease(past.version, told, Fit.FITS, witness, promises=others)
        return replace(present, known=(known,))


PROMISED = {
    VERSION: "{NAME} 1.2.2",
    "fn first(self: const) -> i32": "fn first(self: const) -> i32 @ok(0)",
    "token: *mut Token?": "token: *mut Token",
}


def test_other_promises_are_named_if_a_release_makes_them(
    tmp_path_factory: pytest.TempPathFactory, cc: list[str]
) -> None:
    shelf = Remembering(tmp_path_factory.mktemp("remembering"), cc, PROMISED)
    as_released = {each: PROMISED[each] for each in PROMISED if each != VERSION}
    text = refusal(shelf, shelf.plugin(as_released), "ready-made")
    first = "fn first(self: const) -> i32"
    assert text.startswith(
        f"`Shop.first`: the plugin was compiled with `{first}`, and this host expects `{first}`, with other"
        " promises: those of 1.2.2 (since then, `Shop.first.return`: another result means success (`@ok(0)`"
        " is gone)); the plugin was compiled for version 1.2.3"
    )
    # No release has these.
    others = {first: f"{first} @ok(1)"}
    assert "`, with other promises; the plugin" in refusal(
        shelf, shelf.plugin(others), "ready-made"
    )


OTHER_NAMES = {
    VERSION: "{NAME} 1.2.2",
    "struct Item {": "struct Article {",
    "*const Item": "*const Article",
    "fn visit(": "fn each(",
    POINT: "struct Point { left: i32, top: i32 }",
    "On = 1": "Active = 1",
}


def test_a_release_that_fits_may_have_other_names(tmp_path: Path, cc: list[str]) -> None:
    shelf = Remembering(tmp_path, cc, OTHER_NAMES)
    built = shelf.plugin(OTHER_NAMES)
    with shelf.package.load(built).open_shop() as shop:
        assert shop.first() == 10
    # What is not that release, word for word, is held against the host's own names.
    for changes in (
        {VERSION: VERSION},
        {"struct Card { n: u32 }": "struct Card { n: i32 }"},
    ):
        assert refusal(shelf, shelf.plugin(OTHER_NAMES | changes), "ready-made")


def test_the_rule_is_asked_before_anything_is_called(shelf: Shelf, mode: str) -> None:
    built = shelf.plugin({VERSION: "{NAME} 1.3.0"})
    with pytest.raises(shelf.package.VersionRefusedError, match=r"compiled for version 1\.3\.0"):
        shelf.package.load(built, mode)
    assert calls_of(built) == 0


def test_what_a_plugin_says_of_itself_is_outdone_by_what_it_proves(shelf: Shelf, mode: str) -> None:
    """It says that it is new enough for a slot that it was compiled without."""
    changes = {VERSION: "{NAME} 1.2.1", LATE: "", ", @since(1.2.2) more: u32": ""}
    built = shelf.plugin(changes, late=False, says="1.2.3")
    plugin = shelf.package.load(built, mode)
    assert plugin.facts.version == "1.2.3"
    refused = pytest.raises(shelf.package.NotAvailableError, match=r"since .* has 1\.2\.1")
    with plugin.open_shop() as shop, refused:
        shop.late()


def test_without_a_witness_the_rule_alone_decides(shelf: Shelf, mode: str) -> None:
    changes = {"struct Board { total: u64": "struct Board { pad: u64, total: u64"}
    plugin = shelf.package.load(shelf.plugin(changes, proves=False), mode)
    assert plugin.board().total == 0


# --- records that are none

_RECORD = """
#include <stdint.h>
__attribute__((visibility("default")))
struct {{ char magic[8]; uint32_t numbers[8]; char rest[64]; }} abilock_witness_{name} = {{
    {magic}, {{ {numbers} }}, "{text}"
}};
"""


@pytest.mark.parametrize(
    ("magic", "numbers", "text", "said"),
    [
        ('"NOTHING"', "0", "", "it does not begin as one"),
        ('"ABILOCK"', "1, 16000000, 8, 0, 40, 40, 64", "", "its witness cannot be read"),
        ('"ABILOCK"', "1, 104, 8, 0, 40, 40, 64", "abi \\377\\377 x", "its text is no UTF-8"),
        ('"ABILOCK"', "1, 104, 8, 0, 40, 40, 64", "abi x 1.0.0\\0target y", "is of the ABI 'x'"),
        (
            '"ABILOCK"',
            "1, 104, 8, 0, 40, 40, 64",
            "abi x 1\\0target y",
            "version '1', which is none",
        ),
    ],
)
def test_damaged(shelf: Shelf, mode: str, magic: str, numbers: str, text: str, said: str) -> None:
    more = _RECORD.format(name=shelf.name, magic=magic, numbers=numbers, text=text)
    built = shelf.plugin(proves=False, more=more)
    with pytest.raises(shelf.package.WitnessDamagedError) as caught:
        shelf.package.load(built, mode)
    assert said in str(caught.value)
    assert calls_of(built) == 0


@pytest.fixture(scope="module")
def witness(shelf: Shelf) -> ModuleType:
    """The module of a package that reads records."""
    return importlib.import_module(f"{shelf.package.__name__}._witness")


@pytest.mark.parametrize(
    ("numbers", "text", "said"),
    [
        ((0x12345678, 104, 8, 0, 40, 40, 64), b"", "of format 305419896"),
        ((1, 104, 8, 1000000000, 40, 40, 64), b"", "1000000000 rows and 64 bytes of text"),
        ((1, 104, 8, 0, 40, 4294967000, 4294967000), b"", "do not fit into 104"),
        ((1, 104, 8, 4, 4294967280, 40, 64), b"", "do not fit into 104"),
        ((1, 105, 8, 0, 40, 40, 64), b"", "it says that it has 105 bytes"),
        ((1, 104, 8, 0, 40, 40, 64), b"abi", "it has 0 rows, and text for -1"),
        ((1, 104, 8, 0, 40, 40, 64), b"abi x\0target y", "of which ABI"),
        ((1, 104, 8, 1, 40, 56, 48), b"abi x 1.0.0\0target y\0field z u8", "what it is of"),
        ((1, 104, 2, 0, 40, 40, 64), b"", "another kind of machine"),
        ((0x01000000, 0x68000000, 0x08000000, 0, 0, 0, 0), b"", "another kind of machine"),
    ],
)
def test_no_records(witness: ModuleType, numbers: tuple[int, ...], text: bytes, said: str) -> None:
    body = text.rjust(len(text) + 16 * numbers[3], b"\1") if numbers[3] < 4 else text
    data = b"ABILOCK\0" + struct.pack("=8I", *numbers, 0) + body.ljust(64, b"\0")
    with pytest.raises(ValueError, match=said):
        witness.read(data)


@given(st.data())
def test_records_that_were_edited(witness: ModuleType, data: st.DataObject) -> None:
    """They are read, or refused in the one way that a loader expects."""
    lines = b"abi x 1.0.0\0target y\0struct A\0field b u8\0"
    numbers = struct.pack("=8I", 1, 72 + len(lines), 8, 2, 40, 72, len(lines), 0)
    text = bytearray(b"ABILOCK\0" + numbers + struct.pack("=8I", *range(8)) + lines)
    assert len(witness.read(bytes(text)).rows) == 2
    for at in data.draw(st.lists(st.integers(0, len(text) - 1), min_size=1, max_size=5)):
        text[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ValueError):
        witness.read(bytes(text))


def test_memory_ends_where_it_ends(witness: ModuleType) -> None:
    """Pages that are not there are not read."""
    ffi = cffi.FFI()
    ffi.cdef("int munmap(void *start, size_t size);")
    size = mmap.PAGESIZE
    mapped = mmap.mmap(-1, 2 * size)
    mapped[:] = b"x" * (2 * size)
    start = int(ffi.cast("uintptr_t", ffi.from_buffer(mapped)))
    assert witness.copied(start + size - 10, 20) == b"x" * 20
    assert ffi.dlopen(None).munmap(ffi.cast("void *", start + size), size) == 0
    assert witness.copied(start + size - 10, 20) == b"x" * 10
    assert witness.copied(8, 100) == b""
    # What is not there any more must not be given back a second time.
    KEPT.append(mapped)


KEPT: list[object] = []


def test_the_witness_of_a_library_that_it_needs_is_not_its_own(shelf: Shelf, mode: str) -> None:
    """The system's lookup goes on in what the plugin is linked with, such as a plugin of another form."""
    other = shelf.plugin({FIRST: f"fn more(self: mut), {FIRST}"})
    used = f"extern const char abilock_witness_{shelf.name}[]; const void *seen(void);"
    used += f"const void *seen(void) {{ return abilock_witness_{shelf.name}; }}"
    where = (f"-L{other.parent}", f"-l:{other.name}", f"-Wl,-rpath,{other.parent}")
    linked = ("-Wl,--no-as-needed", *where)
    for more in ("", used):
        built = shelf.plugin(None, *linked, proves=False, more=more)
        plugin = shelf.package.load(built, mode)
        with plugin.open_shop() as shop:
            assert shop.first() == 10
        (image,) = read_images(built)
        assert image.records == {}
