"""Bindings of releases that import another ABI: each has that ABI as it was when it was released, and all
of them are used in one process."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from abilock.cli import main
from support.building import FLAGS
from support.building import run as compiled
from support.releases import start

CONFIG = """
[tool.abilock]
abi = ["abi/base.abi", "abi/shop.abi"]
outputs = ["header", "rust", "cffi"]
releases = ["shop@1.0.0", "base@1.0.0", "shop@2.0.0"]
"""
#: What is imported: what a price is, and the number of a kind, is not the same in both releases.
BASE = {
    "1.0.0": "struct Price { cents: u32 } enum Kind { New, Old }",
    "2.0.0": "struct Price { kind: Kind, cents: u64 } enum Kind { Old, New }",
    "3.0.0": "struct Price { kind: Kind, cents: u64, tax: u64 } enum Kind { Old, New }",
}
SHOP = """
abi shop {version};
import "base.abi";
compat major.minor;
callback Seen(ctx: *mut void @ctx, price: *const Price);
@object(state) @drop(drop)
vtable Shop {{
    state: *mut void,
    fn name(self: const) -> Str;
    fn price(self: const, of: Kind) -> Price;
    fn each(self: const, seen: Seen @ctx(ctx) @scope(call), ctx: *mut void);
    drop fn drop(self: own);
}}
@version
entry static const shop_version: *const char @nul;
entry fn shop_open() -> own *mut Shop?;
"""
PLUGIN = """
#include "{stem}.h"
#ifdef PROVES
SHOP_WITNESS;
#endif
static Str name(const void *self) {{
    static const char text[] = "shop {version}";
    (void)self;
    return (Str){{text, sizeof text - 1}};
}}
static Price price(const void *self, Kind kind) {{
    (void)self;
    return (Price){{{price}}};
}}
static void each(const void *self, Seen seen, void *ctx) {{
    for (int at = 0; at < 2; at++) {{
        Price found = price(self, at ? Kind_New : Kind_Old);
        seen(ctx, &found);
    }}
}}
static void drop(void *self) {{ (void)self; }}
SHOP_EXPORT const char *const shop_version = "{version}";
SHOP_EXPORT Shop *shop_open(void) {{
    static Shop made;
    made = (Shop){{&made, name, price, each, drop}};
    return &made;
}}
"""
NEW = "kind == Kind_New"
PRICES = {
    "1.0.0": f"{NEW} ? 7 : 8",
    "2.0.0": f"kind, {NEW} ? 1ull << 40 : 8",
    "3.0.0": f"kind, {NEW} ? 1ull << 40 : 8, {NEW}",
}
STEMS = {"1.0.0": "shop_1_0_0", "2.0.0": "shop_2_0_0", "3.0.0": "shop"}
CRATE = """
#[path = "{root}/shop/rust/shop.rs"]
mod shop;
#[path = "{root}/shop_1_0_0/rust/shop_1_0_0.rs"]
mod shop_1_0_0;
shop_1_0_0::witness!();
fn main() {{
    println!(
        "{{}} {{}} {{}} {{}}",
        std::mem::size_of::<shop::Price>(),
        std::mem::size_of::<shop_1_0_0::Price>(),
        shop::Kind::New as u32,
        shop_1_0_0::Kind::New as u32,
    );
}}
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, cc: list[str]) -> Path:
    """The packages of three releases, and a plugin of each, without and with a witness."""
    folder = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        start(folder, patch)
        Path("pyproject.toml").write_text(CONFIG)
        for version, text in BASE.items():
            view = "@string(ptr, len) struct Str { ptr: *const char, len: usize }"
            Path("abi/base.abi").write_text(f"abi base {version}; {view} {text}")
            Path("abi/shop.abi").write_text(SHOP.format(version=version))
            for path in ("abi/base.abi", "abi/shop.abi"):
                assert main(["fmt", path]) == 0
                assert version == "3.0.0" or main(["release", path]) == 0
        assert main(["generate"]) == 0
    for version, stem in STEMS.items():
        source = folder / f"{stem}.c"
        source.write_text(PLUGIN.format(stem=stem, version=version, price=PRICES[version]))
        include = f"-I{folder}/generated/{stem}/include"
        for kind, flags in (("told", ()), ("proven", ("-DPROVES",))):
            (folder / kind).mkdir(exist_ok=True)
            built = folder / kind / f"{version}.so"
            compiled(*cc, *FLAGS, *flags, include, str(source), "-o", str(built))
    return folder


@pytest.fixture
def packages(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    known = set(sys.modules)
    for stem in STEMS.values():
        monkeypatch.syspath_prepend(str(prepared / f"generated/{stem}/python"))
    yield {version: importlib.import_module(stem) for version, stem in STEMS.items()}
    for name in set(sys.modules) - known:
        del sys.modules[name]


@pytest.mark.parametrize("mode", ["ready-made", "compiled"])
@pytest.mark.parametrize("kind", ["told", "proven"])
def test_each_release_has_what_it_imported(
    prepared: Path, packages: dict[str, Any], kind: str, mode: str
) -> None:
    if mode == "compiled":
        for package in packages.values():
            if not list(Path(package.__file__).parent.glob("_native.*.so")):
                importlib.import_module(f"{package.__name__}.build").build()
        importlib.invalidate_caches()
    host = packages["2.0.0"]
    found = list(host.discover(prepared / kind, mode, list(packages.values())))
    assert [type(each) for each in found] == [each.Plugin for each in packages.values()]
    # All of them at once, in turns.
    shops = [plugin.open() for plugin in found]
    first, second, third = packages.values()
    assert [shop.name() for shop in shops] == ["shop 1.0.0", "shop 2.0.0", "shop 3.0.0"]
    old, new, newest = shops
    for _ in range(2):
        assert old.price(first.Kind.New) == first.Price(7)
        assert new.price(second.Kind.New) == second.Price(second.Kind.New, 1 << 40)
        assert newest.price(third.Kind.New) == third.Price(third.Kind.New, 1 << 40, 1)
    seen: list[Any] = []
    for shop in shops:
        shop.each(seen.append)
    assert [type(each) for each in seen[::2]] == [first.Price, second.Price, third.Price]
    assert [each.cents for each in seen] == [8, 7, 8, 1 << 40, 8, 1 << 40]
    assert [each.mode for each in found] == [mode] * 3
    for shop in shops:
        shop.close()


def test_what_is_imported_is_proven_too(prepared: Path, packages: dict[str, Any]) -> None:
    """Nothing but the imported ABI changed, and nobody gave the importer another number."""
    unbumped = prepared / "unbumped.so"
    data = (prepared / "proven/3.0.0.so").read_bytes()
    assert data.count(b"abi shop 3.0.0\0") == 1
    unbumped.write_bytes(data.replace(b"abi shop 3.0.0\0", b"abi shop 2.0.0\0"))
    second = packages["2.0.0"]
    with pytest.raises(
        second.WitnessRefusedError, match=r"`Price\.tax`: .* which this host does not know"
    ):
        second.load(unbumped)


def test_a_frozen_release_stays_when_what_it_imports_goes_on(prepared: Path) -> None:
    for stem, version in (("shop_1_0_0", "1.0.0"), ("shop_2_0_0", "2.0.0"), ("shop", "3.0.0")):
        text = (prepared / f"generated/{stem}/include/base.h").read_text(encoding="utf-8")
        assert f'#define BASE_VERSION "{version}"' in text
    frozen = (prepared / "generated/base_1_0_0/include/base_1_0_0.h").read_text(encoding="utf-8")
    assert '#define BASE_VERSION "1.0.0"' in frozen


@pytest.mark.tool("rustc")
def test_modules_of_two_releases_stand_in_one_crate(prepared: Path, tmp_path: Path) -> None:
    (tmp_path / "main.rs").write_text(CRATE.format(root=prepared / "generated"))
    compiled("rustc", "--edition", "2021", str(tmp_path / "main.rs"), "-o", str(tmp_path / "main"))
    done = subprocess.run((str(tmp_path / "main"),), capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["24", "4", "1", "0"]
