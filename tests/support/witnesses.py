"""Plugins that say what they were compiled against, and hosts that were made for something else."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import cffi

from abilock.model.decls import Library
from abilock.witness.libraries import images
from abilock.witness.record import DamagedRecord, read_record
from abilock.witness.scan import BrokenFile
from support.building import run
from support.library import library_of
from support.rendering import unformatted

#: What every case begins with. ``{NAME}`` is the ABI's name.
DESCRIPTION = """
abi {NAME} 1.2.3;
compat major.minor;
type Count = u32;
enum Mode { Off = 0, On = 1 }
opaque Token;
struct Facts { @version version: *const char @nul @until(library) }
struct Point { x: i32, y: i32 }
struct Item { id: u32, count: Count, place: Point, at: struct { row: u16, column: u16 } }
struct Card { n: u32 }
struct Bits { low: u32 : 3, high: u32 : 5 }
callback Visitor(@ctx ctx: *mut void, item: *const Item);
vtable Shop {
    state: *mut void,
    drop fn end(self: own),
    fn first(self: const) -> i32,
    optional fn second(self: const, item: *const Item, token: *mut Token?) -> i32,
    optional fn third(self: mut, mode: Mode, bits: *const Bits) -> i32,
    optional fn visit(self: const, ctx: *mut void, visitor: Visitor @scope(call) @ctx(ctx)),
    optional fn show(self: const, card: Card),
    @since(1.2.2) fn late(self: const) -> i32,
}
struct Board { total: u64, @since(1.2.2) more: u32 }
const ROOM: u32 = 16;
@handshake entry fn facts() -> *const Facts @until(library);
entry fn open_shop() -> own *mut Shop;
entry fn board() -> *const Board @until(library);
"""

#: A plugin in what C and C++ have in common. It counts the calls that it gets.
SOURCE = """
#define {NAME}_PLUGIN
#include "{name}.h"
#include "{name}.h"
#if PROVES
{NAME}_WITNESS;
#endif
{NAME}_BEGIN
extern {NAME}_EXPORT int called;
int called = 0;
static int32_t ten(const void *self) { (void)self; return ++called, 10; }
static void end(void *self) { (void)self; called++; }
{NAME}_EXPORT const Facts *facts(void) {
    static const Facts facts = {SAYS};
    called++;
    return &facts;
}
{NAME}_EXPORT Shop *open_shop(void) {
    static Shop shop;
    called++;
    shop.end = end;
    shop.first = ten;
#if LATE
    shop.late = ten;
#endif
    return &shop;
}
{NAME}_EXPORT const Board *board(void) {
    static Board board;
    called++;
    board.total = 7;
    return &board;
}
{NAME}_FINISH
"""
_LINKAGE = """
#ifdef __cplusplus
#define {NAME}_BEGIN extern "C" {
#define {NAME}_FINISH }
#else
#define {NAME}_BEGIN
#define {NAME}_FINISH
#endif
"""
FLAGS = ("-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden")

_numbers = itertools.count()


class Shelf:
    """A host's package, and plugins of the same ABI in other forms. ``is_built``: it has both modes."""

    is_built = True

    def __init__(self, folder: Path, cc: Sequence[str], description: str = DESCRIPTION) -> None:
        self.folder = folder
        self.name = f"witnessed{next(_numbers)}"
        self.description = description
        self._cc = cc
        self._plugins = itertools.count()
        self._built: dict[object, Path] = {}
        self._package: ModuleType | None = None

    @property
    def package(self) -> ModuleType:
        """The host's, also in its compiled form."""
        if self._package is None:
            self.write(self.folder, self.description, "cffi")
            sys.path.insert(0, str(self.folder / "python"))
            try:
                self._package = importlib.import_module(self.name)
                if self.is_built:
                    importlib.import_module(f"{self.name}.build").build()
                importlib.invalidate_caches()
            finally:
                sys.path.remove(str(self.folder / "python"))
        return self._package

    def write(self, folder: Path, description: str, *outputs: str) -> None:
        library = self.library(description)
        for path, text in unformatted(library, *outputs).items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")

    def library(self, description: str) -> Library:
        return library_of(description.replace("{NAME}", self.name))

    def plugin(
        self,
        changes: dict[str, str] | None = None,
        *options: str,
        proves: bool = True,
        late: bool = True,
        cc: Sequence[str] = (),
        language: str = "c",
        more: str = "",
        says: str = "",
    ) -> Path:
        """A library compiled against the description in which parts of the text were replaced.

        ``says``: the version that it tells, if not the one that it was compiled for.
        """
        given = (str(changes), options, proves, late, tuple(cc), language, more, says)
        if given not in self._built:
            self._built[given] = self._compiled(changes or {}, *given[1:])
        return self._built[given]

    def _compiled(
        self,
        changes: dict[str, str],
        options: Sequence[str],
        proves: bool,
        late: bool,
        cc: Sequence[str],
        language: str,
        more: str,
        says: str,
    ) -> Path:
        folder = self.folder / f"plugin{next(self._plugins)}"
        self.write(folder, changed(self.description, changes), "header")
        code = folder / "plugin.c"
        text = (_LINKAGE + SOURCE + more).replace("{NAME}", self.name.upper())
        code.write_text(text.replace("{name}", self.name), encoding="utf-8")
        built = folder / "plugin.so"
        said = f'"{says}"' if says else f"{self.name.upper()}_VERSION"
        known = (
            f"-DSAYS={said}",
            f"-DPROVES={int(proves)}",
            f"-DLATE={int(late)}",
            f"-I{folder / 'include'}",
        )
        command = (*(cc or self._cc), *FLAGS, *known, "-x", language, str(code), *options)
        run(*command, "-o", str(built))
        return built


def changed(description: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        assert old in description, old
        description = description.replace(old, new)
    return description


def read_whatever(data: bytes) -> None:
    """Read what may be a library with whatever witnesses, or be refused in the ways that there are."""
    try:
        found = images(data)
    except BrokenFile:
        return
    for image in found:
        for each in image.records.values():
            with contextlib.suppress(DamagedRecord):
                read_record(each)


def calls_of(built: Path) -> int:
    """How often anything of a plugin was called in this process."""
    ffi = cffi.FFI()
    ffi.cdef("extern int called;")
    return int(ffi.dlopen(str(built)).called)
