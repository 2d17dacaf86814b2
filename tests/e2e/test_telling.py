"""Plugins without a witness, and hosts of several releases: what tells which binding a plugin is for, and
what is not asked where nothing does."""

from __future__ import annotations

import ctypes
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from abilock.releases.bindings import binding_name
from support.building import FLAGS
from support.building import run as compiled
from support.library import library_of
from support.pages import write_pages

#: Packages of descriptions, and plugins that are written for one of them.
Made = Callable[..., Any]

pytestmark = pytest.mark.slow


class Bench:
    """Releases of the ABI ``shop``, each with its package and header."""

    def __init__(self, folder: Path, cc: list[str], texts: Sequence[str]) -> None:
        self._folder, self._cc = folder, cc
        self._stems = []
        for number, text in enumerate(texts, 1):
            library = library_of(f"abi shop {number}.0.0;\n{text}")
            stem = binding_name("shop", library.version)
            write_pages(replace(library, binding=stem), folder, "header", "cffi")
            self._stems.append(stem)
        self.packages = [importlib.import_module(stem) for stem in self._stems]

    def plugin(self, release: int, code: str) -> Path:
        """A plugin that is written for a release, counted from 1. It counts its calls."""
        stem = self._stems[release - 1]
        number = len(list(self._folder.glob("*.c")))
        source, built = self._folder / f"plugin{number}.c", self._folder / f"plugin{number}.so"
        counts = "int test_calls; SHOP_EXPORT extern int test_calls;\n"
        source.write_text(f'#include "{stem}.h"\n{counts}{code}')
        compiled(*self._cc, *FLAGS, f"-I{self._folder}/include", str(source), "-o", str(built))
        return built

    def chosen(self, built: Path) -> int:
        """The release whose binding it is loaded with."""
        plugin = self.packages[0].load_any(built, self.packages)
        return 1 + [each.Plugin for each in self.packages].index(type(plugin))

    def refusal(self, built: Path) -> str:
        with pytest.raises(self.packages[0].NoBindingError) as caught:
            self.packages[0].load_any(built, self.packages)
        return str(caught.value)


@pytest.fixture
def bench(tmp_path: Path, cc: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    monkeypatch.syspath_prepend(str(tmp_path / "python"))
    known = set(sys.modules)
    yield lambda *texts: Bench(tmp_path, cc, texts)
    for name in set(sys.modules) - known:
        del sys.modules[name]


def calls(built: Path) -> int:
    return ctypes.c_int.in_dll(ctypes.CDLL(str(built)), "test_calls").value


SLOTS = "fn one(self: const) -> u32;"
TABLE = """
compat integer(ABI);
@version const ABI: u32 = {number};
@object(state)
vtable Shop {{ {first} state: *mut void, {slots} }}
@handshake entry fn shop() -> *const Shop;
"""
FILLED = """
static uint32_t f(const void *self) {{ (void)self; return {number}; }}
SHOP_EXPORT const Shop *shop(void) {{
    static Shop made;
    test_calls++;
    made = (Shop){{.version = {number}, .one = f}};
    {more}
    return &made;
}}
"""
ZERO = "fn zero(self: const) -> u32;"


def test_a_number_in_a_table_of_which_all_else_changed(bench: Made) -> None:
    """Slots behind it are not looked at before the binding is chosen."""
    old = TABLE.format(number=1, first="@version version: u32,", slots=SLOTS)
    new = TABLE.format(number=2, first="@version version: u32,", slots=ZERO + SLOTS)
    made = bench(old, new)
    first = made.plugin(1, FILLED.format(number=1, more=""))
    second = made.plugin(2, FILLED.format(number=2, more="made.zero = f;"))
    assert [made.chosen(first), made.chosen(second)] == [1, 2]
    assert [calls(first), calls(second)] == [2, 2]
    third = made.plugin(1, FILLED.format(number=3, more=""))
    assert "shop_1_0_0: the plugin has version 3, and this host knows 1" in made.refusal(third)


def test_a_number_that_is_somewhere_else_is_not_read(bench: Made) -> None:
    old = TABLE.format(number=1, first="@version version: u32,", slots=SLOTS)
    new = TABLE.format(number=2, first="more: u32, @version version: u32,", slots=SLOTS)
    made = bench(old, new)
    built = made.plugin(2, FILLED.format(number=2, more=""))
    assert "shop_1_0_0, shop_2_0_0 read it in different ways" in made.refusal(built)
    assert calls(built) == 0


def test_null_in_place_of_a_table(bench: Made) -> None:
    first = "@version version: u32,"
    made = bench(*(TABLE.format(number=each, first=first, slots=SLOTS) for each in (1, 2)))
    built = made.plugin(1, "SHOP_EXPORT const Shop *shop(void) { return 0; }")
    host = made.packages[0]
    with pytest.raises(host.NullRegistrationError, match="`shop` has to describe the plugin"):
        host.load_any(built, made.packages)


LATER = """
compat major.minor;
struct Hello {{ a: u32 {hello} }}
struct About {{ {about} @version version: *const char @nul @until(library) }}
@handshake entry fn hello() -> *const Hello;
@handshake entry fn about() -> *const About;
"""
SAYS = """
SHOP_EXPORT const Hello *hello(void) {{ static Hello made; test_calls++; return &made; }}
SHOP_EXPORT const About *about(void) {{
    static About made;
    test_calls += 100;
    made.version = "{version}";
    return &made;
}}
"""


def test_a_version_later_in_the_handshake(bench: Made) -> None:
    """What comes before it is called in its order, and read by nobody."""
    made = bench(*(LATER.format(hello=hello, about="x: u64,") for hello in ("", ", b: u64", "")))
    for release in (1, 2, 3):
        built = made.plugin(release, SAYS.format(version=f"{release}.0.0"))
        assert made.chosen(built) == release
        assert calls(built) == 202


OPENED = """
compat major.minor;
opaque Hello;
struct About {{ @version version: *const char @nul @until(library) {about} }}
@handshake entry fn hello(@path name: *const char @nul) -> u32;
@handshake entry fn about() -> *const About;
"""


def test_what_must_not_be_called_twice_is_not_called_to_ask(bench: Made) -> None:
    made = bench(OPENED.format(about=""), OPENED.format(about=", b: u64"))
    code = """
    SHOP_EXPORT uint32_t hello(const char *name) { (void)name; test_calls++; return 1; }
    SHOP_EXPORT const About *about(void) { static About made = {.version = "1.0.0"}; return &made; }
    """
    built = made.plugin(1, code)
    said = made.refusal(built)
    assert "nothing that may be asked before the binding is chosen tells it" in said
    assert "build the plugin with the line for a witness" in said
    assert calls(built) == 0


SIZED = """
compat size_first;
@object(state)
vtable Shop {{ @struct_size size: u32, state: *mut void, {slots} }}
@handshake entry fn shop() -> *const Shop;
"""
MEASURED = """
static uint32_t f(const void *self) {{ (void)self; return 7; }}
SHOP_EXPORT const Shop *shop(void) {{
    static Shop made;
    test_calls++;
    made = (Shop){{.size = {size}, .one = f}};
    {more}
    return &made;
}}
"""


def test_a_table_that_tells_its_size(bench: Made) -> None:
    more = [SLOTS, f"{SLOTS} @since(2.0.0) fn two(self: const) -> u32;"]
    more.append(f"{more[1]} @since(3.0.0) fn three(self: const) -> u32;")
    made = bench(*(SIZED.format(slots=slots) for slots in more))
    fill = ["", "made.two = f;", "made.two = made.three = f;"]
    for release in (1, 2, 3):
        built = made.plugin(release, MEASURED.format(size="sizeof made", more=fill[release - 1]))
        assert made.chosen(built) == release
    # Between two, the larger one knows of all that the plugin has; beyond all, the largest.
    built = made.plugin(2, MEASURED.format(size="sizeof made - 1", more=fill[1]))
    assert made.chosen(built) == 2
    built = made.plugin(3, MEASURED.format(size="sizeof made + 8", more=fill[2]))
    assert made.chosen(built) == 3


def test_a_size_that_two_releases_have(bench: Made) -> None:
    made = bench(SIZED.format(slots=SLOTS + ZERO), SIZED.format(slots=ZERO + SLOTS))
    built = made.plugin(1, MEASURED.format(size="sizeof made", more="made.zero = f;"))
    assert (
        "its table has 32 bytes, which does not tell whether it is for shop_1_0_0, shop_2_0_0"
        in (made.refusal(built))
    )


PLAIN = "compat major.minor; struct A {{ {a} }} @handshake entry fn shop() -> *const A; {more}"


def test_symbols_that_only_one_release_has(bench: Made) -> None:
    made = bench(
        PLAIN.format(a="a: u32", more="optional entry fn gone();"),
        PLAIN.format(a="a: u64", more="@since(2.0.0) entry fn came();"),
    )
    code = "SHOP_EXPORT const A *shop(void) { static A made; test_calls++; return &made; }"
    assert made.chosen(made.plugin(1, f"{code} SHOP_EXPORT void gone(void) {{ }}")) == 1
    assert made.chosen(made.plugin(2, f"{code} SHOP_EXPORT void came(void) {{ }}")) == 2
    bare = made.plugin(1, code)
    assert "what it exports is known to each" in made.refusal(bare)
    assert calls(bare) == 0
    more = "void gone(void); SHOP_EXPORT void came(void) { } SHOP_EXPORT void gone(void) { }"
    assert "which of the bindings" in made.refusal(made.plugin(2, f"{code} {more}"))


MANIFEST = """
compat exact;
@manifest(json) @handshake entry fn manifest() -> *const char @nul @until(library);
@range("host") const HOST: str = "{host}";
struct A {{ a: {a} }}
entry fn work(a: *const A);
"""


def test_ranges_of_a_manifest(bench: Made) -> None:
    made = bench(MANIFEST.format(host="1.2", a="u32"), MANIFEST.format(host="2.0", a="u64"))
    code = """
    SHOP_EXPORT const char *manifest(void) {{ test_calls++; return "{{\\"host\\": {range}}}"; }}
    SHOP_EXPORT void work(const A *a) {{ (void)a; }}
    """
    for release, low, high in ((1, "1.0", "1.9"), (2, "2.0", "2.4")):
        told = f'{{\\"minimum\\": \\"{low}\\", \\"maximum\\": \\"{high}\\"}}'
        assert made.chosen(made.plugin(release, code.format(range=told))) == release


INSIDE = """
compat integer(ABI);
@version const ABI: u32 = {number};
struct Meta {{ @version version: u32 }}
struct About {{ meta: *const Meta? }}
@handshake entry fn about() -> *const About?;
entry fn shop_{number}() -> u32;
"""
INSIDE_SAYS = """
static const Meta meta = {{{number}}};
SHOP_EXPORT const About *about(void) {{
    static About made;
    test_calls++;
    made.meta = {number} < 9 ? &meta : 0;
    return {number} > 9 ? 0 : &made;
}}
SHOP_EXPORT uint32_t shop_{release}(void) {{ return {number}; }}
"""


def test_a_number_inside_of_what_the_handshake_gives(bench: Made) -> None:
    made = bench(*(INSIDE.format(number=each) for each in (1, 2)))
    for release in (1, 2):
        assert (
            made.chosen(made.plugin(release, INSIDE_SAYS.format(number=release, release=release)))
            == release
        )
    host = made.packages[0]
    for number, label in ((9, "About.meta"), (10, "about")):
        built = made.plugin(1, INSIDE_SAYS.format(number=number, release=1))
        with pytest.raises(host.LoadError, match=f"`{label}` has to describe the plugin"):
            host.load_any(built, made.packages)


UNLIKE = """
compat {rule};
const ABI: u32 = 16;
struct Sized {{ @version @struct_size size: u32, name: *const char @nul }}
struct Row {{ size: u32, @version count: u32, items: *const u32 @len(count) }}
struct Kept {{ @version @reserved(zero) spare: u32, name: *const char @nul }}
struct Both {{ @struct_size size: u32, @version abi: u32, name: *const char @nul }}
struct Text {{ @struct_size size: u32, @version release: *const char @nul }}
@handshake entry fn shop() -> *const {type} @until(library);
"""


@pytest.mark.parametrize(
    ("rule", "kind", "values"),
    [
        # A size is what this rule is about, whatever else is said of it.
        ("size_first", "Sized", 'sizeof(Sized), "it"'),
        ("size_first", "Both", 'sizeof(Both), 3, "it"'),
        ("size_first", "Text", 'sizeof(Text), "0.9.0"'),
        # What Python does not read is no version that it judges.
        ("integer(ABI)", "Sized", 'sizeof(Sized), "it"'),
        ("integer(ABI)", "Row", "0, 0, 0"),
        ("integer(ABI)", "Kept", '0, "it"'),
    ],
)
def test_versions_that_are_sizes_too(bench: Made, rule: str, kind: str, values: str) -> None:
    declared = [line for line in UNLIKE.splitlines() if f"struct {kind} " in line]
    others = [line for line in UNLIKE.splitlines() if "struct" not in line]
    made = bench("\n".join([*others[:-1], *declared, others[-1]]).format(rule=rule, type=kind))
    code = """
    SHOP_EXPORT const {0} *shop(void) {{ static const {0} made = {{{1}}}; test_calls++; return &made; }}
    """
    built = made.plugin(1, code.format(kind, values))
    assert made.packages[0].load(built).shop is not None
    assert made.chosen(built) == 1
