"""Signatures that are written alike are read once, which nobody can tell: what is said, what is meant and
where it stands is as if each had been read by itself."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from abilock.check import examine
from abilock.compat.verdict import judge
from abilock.diagnostics.report import Diagnostic, Report
from abilock.model.decls import Library, Vtable
from abilock.pipeline import read_library
from abilock.source import SourceFile
from abilock.syntax import ast, loading
from abilock.syntax.parser import parse
from abilock.syntax.reading import read_file

_ROOT = Path(__file__).parents[3]
_WRITTEN = [
    *_ROOT.glob("abi/*.abi"),
    *_ROOT.glob("abi/history/drasi/*.abi"),
    *_ROOT.glob("tests/cases/good/*.abi"),
    *_ROOT.glob("tests/cases/bad/*.abi"),
]

#: Slots that are written alike, and differ in what is around them, or in what is to be said of them.
_ALIKE = """
abi x 1.0.0;
struct Str { ptr: *const char, len: usize }
enum Kind { A, B = 4 }
type Size = usize;
callback Done(ctx: *mut void @ctx, kind: Kind);
vtable One {
    state: *mut void,
    fn first(self: const, data: *const u8 @len(size), size: Size, kind: Kind) -> i32 @fails(< 0);
    /// The same again.
    optional fn second(self: const, data: *const u8 @len(size), size: Size, kind: Kind) -> i32 @fails(< 0);
    @since(1.0.0) extern "C" fn third(self: const, data: *const u8 @len(size), size: Size, kind: Kind)
        -> i32 @fails(< 0);
    fn fourth(self: const, /* - */ name: Str, visit: fn(ctx: *mut void @ctx, one: Str)) -> (*mut u8?);
    fn fifth(self: const, /* - */ name: Str, visit: fn(ctx: *mut void @ctx, one: Str)) -> (*mut u8?);
    fn open(self: mut, done: Done @scope(until(close)) @ctx(ctx), ctx: *mut void);
    fn again(self: mut, done: Done @scope(until(close)) @ctx(ctx), ctx: *mut void);
    drop fn close(self: own);
    drop fn shut(self: own),
}
vtable Other {
    state: *mut void,
    fn first(self: const, data: *const u8 @len(size), size: Size, kind: Kind) -> i32 @fails(< 0);
    fn open(self: mut, done: Done @scope(until(close)) @ctx(ctx), ctx: *mut void);
}
entry fn open_one() -> *const One?;
entry fn open_other() -> *const Other?;
"""
_WRONG = """
vtable Wrong {
    state: *mut void,
    fn none(self: const, nothing: *const Nothing, out: *mut u32 @out @out);
    fn null(self: const, nothing: *const Nothing, out: *mut u32 @out @out);
    fn twice(self: const, a: u32, a: u32, int: void);
    fn again(self: const, a: u32, a: u32, int: void);
    fn bare(self, more: Wrong);
    fn naked(self, more: Wrong);
    drop fn plain(a: u32);
    fn fine(a: u32);
    drop fn worse(a: u32);
    extern "odd" fn strange(a: u32);
    fn loose(done: fn());
    fn looser(done: fn());
}
type Held = Wrong;
vtable Before { state: *mut void, fn ring(self: const, a: Ring) }
vtable Round { state: *mut void, fn ring(self: const, a: Ring); fn rings(self: const, a: Ring) }
type Ring = Round;
"""


def placed(node: object) -> object:
    """All of it, places included, which do not take part in comparisons."""
    if isinstance(node, tuple | list):
        return [placed(each) for each in node]
    if not is_dataclass(node):
        return node
    # What is asked of a slot is its signature, wherever that was read.
    names = ["signature" if each.name == "alike" else each.name for each in fields(node)]
    parts = [(each, placed(getattr(node, each))) for each in names if each != "formulas"]
    return type(node).__name__, parts


def understood(text: str, monkeypatch: pytest.MonkeyPatch, *, shares: bool) -> object:
    """Everything that comes of a text."""

    def parsed(source: SourceFile, report: Report, **_: bool) -> ast.File:
        return parse(source, report, shares=shares)

    monkeypatch.setattr(loading, "parse", parsed)
    report = Report()
    loaded = loading.load("x.abi", lambda name, _: SourceFile(name, text), report)
    assert loaded is not None
    examined = examine(loaded, report)
    said: list[Diagnostic] = report.sorted()
    return placed([*loaded.files]), placed(examined.sound), said


@pytest.mark.slow
@pytest.mark.parametrize("path", _WRITTEN, ids=lambda path: path.stem)
def test_a_description_is_what_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = read_file(path, path.name, Report())
    if source is None or "import" in source.text:
        return
    each_by_itself = understood(source.text, monkeypatch, shares=False)
    assert understood(source.text, monkeypatch, shares=True) == each_by_itself


@pytest.mark.parametrize("text", [_ALIKE, _ALIKE + _WRONG], ids=["right", "wrong"])
def test_slots_that_are_alike(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    each_by_itself = understood(text, monkeypatch, shares=False)
    assert understood(text, monkeypatch, shares=True) == each_by_itself


def test_what_is_written_alike_is_one() -> None:
    file = parse(SourceFile("x.abi", _ALIKE), Report(), shares=True)
    slots = [
        each
        for item in file.items
        if isinstance(item, ast.VtableDecl)
        for each in item.members
        if isinstance(each, ast.Slot)
    ]
    first = [each for each in slots if each.name.text in ("first", "second")]
    assert len({id(each.alike) for each in first}) == 1
    assert len({each.signature.span for each in first}) == len(first) == 3


_VISIT = "visit: fn(ctx: *mut void @ctx, one: Str))"
_SOUND = (
    _ALIKE.replace(_VISIT, f"visit: ({_VISIT[7:]} @scope(call) @ctx(at), at: *mut void)")
    .replace(";\n    drop fn shut(self: own),", ",")
    .replace("ctx: *mut void);\n}", "ctx: *mut void);\n    drop fn close(self: own),\n}")
)
#: What is changed of these slots, and how.
_CHANGES = {
    "nothing": ("fn first(", "fn first("),
    "a parameter of one of them": (
        "fn again(self: mut, done: Done",
        "fn again(self: mut, made: Done",
    ),
    "a parameter of all": ("size: Size", "size: u32"),
    "an attribute of all": ("data: *const u8 @len(size)", "data: *const u8? @len(size)"),
    "a function inside": ("one: Str))", "one: Str, two: u8))"),
    "results": ("-> (*mut u8?)", "-> (*mut u8)"),
    "what stands before": ("fn first(", "fn zeroth(self: const); fn first("),
}


def read(text: str, *, shares: bool) -> Library:
    report = Report()
    library = read_library("x.abi", report, lambda name, _: SourceFile(name, text), shares=shares)
    assert library is not None, report.diagnostics
    return library


@pytest.mark.parametrize("change", _CHANGES)
def test_changes_stand_where_they_were_made(change: str) -> None:
    after = _SOUND.replace(*_CHANGES[change])
    plain, shared = (
        judge(*(read(text, shares=shares) for text in (_SOUND, after))).findings
        for shares in (False, True)
    )
    assert bool(plain) == (change != "nothing")
    assert placed(shared) == placed(plain)


def test_slots_share_a_signature() -> None:
    library = read(_SOUND, shares=True)
    slots = [
        each for table in library.declarations if isinstance(table, Vtable) for each in table.slots
    ]
    first = [each for each in slots if each.name in ("first", "second")]
    assert len({id(each.signature) for each in first}) == 1
    places = {each.place(each.signature.parameters[1].span) for each in first}
    apart = [each for each in read(_SOUND, shares=False).declarations if isinstance(each, Vtable)]
    assert places == {
        each.signature.parameters[1].span
        for table in apart
        for each in table.slots
        if each.name in ("first", "second")
    }


def test_what_is_said_stands_where_it_belongs() -> None:
    text = _ALIKE + _WRONG
    said: list[list[Diagnostic]] = []
    for shares in (False, True):
        report = Report()
        read_library("x.abi", report, lambda name, _: SourceFile(name, text), shares=shares)
        said.append(report.sorted())
    assert said[0] == said[1]
    assert said[0]
