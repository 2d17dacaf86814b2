"""Plugins on the published crates: how they are built, and what their ledgers say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from abilock.host import host_triple

ROOT = Path(__file__).parents[2]
UPSTREAM = ROOT / "tests" / "upstream"


class Package(NamedTuple):
    """A package of tests/upstream, and the bindings that are for it."""

    name: str
    folder: str
    bindings: str

    @property
    def library(self) -> Path:
        return UPSTREAM / "target" / "debug" / f"lib{self.name}.so"


DRASI = {
    release: Package(f"drasi_upstream_{release.replace('.', '_')}", f"drasi/{release}", stem)
    for release, stem in (("0.8.4", "drasi"), ("0.11.0", "drasi_0_11_0"))
}
#: Releases of which each differs from the one before. With UPSTREAM_RELEASES=all also those that do not,
#: which take as long to build.
RELEASES = ["0.4.0", "0.4.3", "0.6.0", "0.8.0", "0.8.1", "0.8.2", "0.8.4", "0.8.5"]
RELEASES += ["0.9.0", "0.9.1", "0.10.0", "0.11.0"]
if os.environ.get("UPSTREAM_RELEASES") == "all":
    RELEASES += ["0.4.1", "0.4.2", "0.6.1", "0.6.2", "0.8.3"]


def package_of(release: str) -> Package:
    """The plugin of a release: the least there can be, but for those two that have one of every kind."""
    name = release.replace(".", "_")
    least = Package(f"drasi_upstream_{name}", f"drasi/{release}", f"drasi_{name}")
    return DRASI.get(release, least)


STATEVEC = Package("statevec_upstream", "statevec", "statevec")
BMUX_NATIVE = Package("bmux_upstream_native", "bmux/native", "bmux")
BMUX_STATEFUL = Package("bmux_upstream_stateful", "bmux/stateful", "bmux")


def cargo(package: Package, *arguments: str, **environment: str) -> str:
    """Run cargo in the package's folder; its result, if it succeeds. What it tells beside that, such as
    what it downloads, is told if it fails."""
    done = subprocess.run(
        ["cargo", *arguments],
        cwd=UPSTREAM / package.folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@cache
def built(package: Package) -> Path:
    """The package's library, as its lock file has it."""
    cargo(package, "build", "--locked", "--quiet", "--lib")
    return package.library


def main() -> None:
    """Build them all, one after the other: each takes all cores."""
    for package in (*map(package_of, RELEASES), STATEVEC, BMUX_NATIVE, BMUX_STATEFUL):
        start = time.monotonic()
        built(package)
        print(f"{package.folder}: {time.monotonic() - start:.0f} s", flush=True)  # noqa: T201


# --- the ledger


def ledger(folder: Path) -> dict[str, tuple[int, int]]:
    """How many of each kind were made and dropped, by all libraries that write into the folder."""
    found: dict[str, tuple[int, int]] = {}
    for path in folder.iterdir():
        for line in path.read_text().splitlines():
            kind, made, dropped = line.split()
            before = found.get(kind, (0, 0))
            found[kind] = (before[0] + int(made), before[1] + int(dropped))
    return found


class Made:
    """What was made since the beginning of a test, and what of it is still there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before = ledger(folder)
        #: Upstream never drops these.
        self.leaked: dict[str, int] = {}

    def __call__(self) -> dict[str, int]:
        return {
            kind: made - self._start(kind)[0] for kind, (made, _) in ledger(self._folder).items()
        }

    def alive(self) -> dict[str, int]:
        """Without bmux's plugins, of which each library has one for ever."""
        found = {}
        for kind, (made, dropped) in ledger(self._folder).items():
            before = self._start(kind)
            alive = made - dropped - (before[0] - before[1])
            if alive and kind != "plugin":
                found[kind] = alive
        return found

    def _start(self, kind: str) -> tuple[int, int]:
        return self._before.get(kind, (0, 0))


# --- layouts


def tables(package: Package) -> dict[str, dict[str, Any]]:
    """The layouts of all types of the description, on this machine."""
    folder = ROOT / "generated" / package.bindings / "layout"
    texts = (path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()))
    found = next(each for each in map(json.loads, texts) if host_triple() in each["targets"])
    types: dict[str, dict[str, Any]] = found["types"]
    return types


def _module(package: Package) -> Path:
    return ROOT / "generated" / package.bindings / "rust" / f"{package.bindings}.rs"


def aliases(package: Package) -> list[str]:
    """The function types of the description that have a name."""
    text = _module(package).read_text(encoding="utf-8")
    named = re.findall(r'^    pub type (\w+) =\s+unsafe extern "C" fn', text, re.MULTILINE)
    return [name for name in named if name[0].isupper()]


def upstream_types(package: Package, *crates: str) -> set[str]:
    """The types that these crates have for C, by their sources."""
    told = json.loads(cargo(package, "metadata", "--locked", "--format-version=1"))
    sources = [
        path.read_text(encoding="utf-8")
        for each in told["packages"]
        if each["name"] in crates
        for path in sorted(Path(each["manifest_path"]).parent.joinpath("src").rglob("*.rs"))
    ]
    text = re.sub(r"//.*", "", "\n".join(sources))
    text = re.sub(r"#\[(derive|allow|must_use|non_exhaustive).*\]", "", text)
    found = re.findall(
        r"#\[repr\((?:C|transparent|[ui]\d+)\)\]\s*pub (?:struct|enum|union) (\w+)", text
    )
    found += re.findall(r"ffi_vtable! \{\s*pub struct (\w+)", text)
    found += re.findall(r'pub type (\w+) =\s*(?:unsafe )?extern "C" fn', text)
    return set(found)


def layouts(package: Package, left_out: Collection[str]) -> str:
    """The part of a `layout.rs` that names types: a test for each of them."""
    closed = set(re.findall(r"pub enum (\w+)", _module(package).read_text(encoding="utf-8")))
    parts = [f'#[path = "{_module(package)}"]\nmod ours;\n']
    for name, table in tables(package).items():
        if name not in left_out:
            parts.append(_test(name, _rows(name, table, name in closed)))
    parts += [_test(name, _same_alias(name)) for name in aliases(package) if name not in left_out]
    return "\n".join(parts)


def _test(name: str, lines: Iterable[str]) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    start = "    let mut wrong = compare::Differences::default();"
    return f"#[test]\nfn {name}() {{\n{start}\n{body}\n    wrong.none();\n}}\n"


def _rows(name: str, table: dict[str, Any], closed: bool) -> Iterator[str]:
    for what, function in (("size", "size_of"), ("alignment", "align_of")):
        theirs, ours = (f"std::mem::{function}::<{side}::{name}>()" for side in ("theirs", "ours"))
        yield f'wrong.number("the {what} of {name}", {theirs} as i128, {ours} as i128);'
    fields = [each["name"] for each in table.get("fields", ())]
    if fields:
        # One more upstream is an error of the compiler, which names it; so is one that is gone.
        pattern = ", ".join(f"{field}: _" for field in fields)
        yield f"fn all(each: theirs::{name}) {{ let theirs::{name} {{ {pattern} }} = each; }}"
    for field in fields:
        theirs, ours = (
            f"std::mem::offset_of!({side}::{name}, {field})" for side in ("theirs", "ours")
        )
        yield f'wrong.number("the offset of {name}.{field}", {theirs} as i128, {ours} as i128);'
        theirs, ours = (
            f"compare::field(|each: &{side}::{name}| &each.{field})" for side in ("theirs", "ours")
        )
        yield f'wrong.types("{name}.{field}", {theirs}, {ours}, SAME);'
    if closed:
        arms = " ".join(f"theirs::{name}::{value} => {{}}" for value in table["values"])
        yield f"fn all(each: theirs::{name}) {{ match each {{ {arms} }} }}"
        for value in table["values"]:
            theirs, ours = (f"{side}::{name}::{value} as i128" for side in ("theirs", "ours"))
            yield f'wrong.number("{name}.{value}", {theirs}, {ours});'


def _same_alias(name: str) -> Iterator[str]:
    theirs, ours = (f"compare::alias::<{side}::{name}>()" for side in ("theirs", "ours"))
    yield f'wrong.types("{name}", {theirs}, {ours}, SAME);'


if __name__ == "__main__":
    main()
