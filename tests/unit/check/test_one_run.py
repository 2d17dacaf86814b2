"""One run says everything: what is wrong in one place hides nothing that is wrong in another, and
nothing is said of what was only made doubtful."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.layout.shapes import Layout
from abilock.model.decls import Library
from abilock.outputs import OUTPUTS
from abilock.pipeline import examine_description, lay_out_all
from abilock.source import SourceFile
from abilock.syntax.reading import decode

BAD = Path(__file__).parents[2] / "cases" / "bad"
FILES = sorted(BAD.glob("*.abi"))
#: One thing wrong for each stage that looks: types, attributes, collisions, meaning, layouts, outputs.
OTHERS = b"""
opaque ZzBetween;
struct ZzUnknown { a: Zzz }
entry fn zz_hidden(@hidden a: u8);
vtable ZzNames { fn a_fn(@py("x") a: u8, @py("x") b: u8); }
callback ZzCallback(a: u32);
entry fn zz_scope(callback: ZzCallback?);
vtable ZzContext { state: u8, fn sell(self: mut); }
struct ZzLarge { a: [u8; 0x3fff_ffff_ffff_ffff] }
"""
OF_OTHERS = {
    ("A0107", "`b` and `a` are both `x` in Python"),
    ("A0201", "unknown type `Zzz`"),
    ("A0213", "`ZzLarge.a` makes it too large"),
    ("A0402", "`@hidden` does not go on a parameter"),
    ("A0607", "`callback` does not say how long it may be called"),
    ("A0608", "slots get `state` as a pointer to their object, and it is `u8`"),
}
#: What may come from an import that is not there is not unknown.
EXCUSED = {"A0103-import-missing": {("A0201", "unknown type `Zzz`")}}


def found_in(data: bytes) -> set[tuple[str, str]]:
    """Number and message of all that is found up to what the outputs say."""

    def read(name: str, report: Report) -> SourceFile | None:
        path = BAD / name
        if name != "test.abi" and not path.is_file():
            report.add(catalog.FILE_UNREADABLE, None, f"cannot read {name}")
            return None
        return decode(data if name == "test.abi" else path.read_bytes(), name, report)

    report = Report()
    examined = examine_description("test.abi", report, read)
    if examined is not None:
        examined.check_further(check_outputs, report)
    return {
        # On which targets depends on those that the file lists.
        (found.code.number, re.sub(" for an object on .*", "", found.message))
        for found in report.diagnostics
    }


def check_outputs(library: Library, report: Report) -> None:
    layouts: tuple[Layout, ...] = lay_out_all(library)
    for output in OUTPUTS:
        output.limits(library, layouts, report)


def test_the_others() -> None:
    assert found_in(b"abi zz 1.0.0;" + OTHERS) == OF_OTHERS


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_nothing_hides_anything_else(path: Path) -> None:
    alone = found_in(path.read_bytes())
    expected = (alone | OF_OTHERS) - EXCUSED.get(path.stem, set())
    assert found_in(path.read_bytes() + OTHERS) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("const S: str = 3;", "A0307"),
        ("const S: str = OTHER; const OTHER: u8 = 1;", "A0307"),
        ('const S: u32 = "a"; struct T { a: [u8; S] }', "A0307"),
        ("allocator a = malloc/free @unixx, process_heap @windows;", "A0605"),
        ("allocator a = malloc/free @malloc;", "A0605"),
    ],
)
def test_what_is_refused_is_left_alone_by_what_looks_later(text: str, code: str) -> None:
    assert {number for number, _ in found_in(f"abi zz 1.0.0; {text}".encode())} == {code}


def test_a_broken_member_hides_nothing_in_the_others() -> None:
    text = b"""abi zz 1.0.0;
callback Visit(a: u32);
vtable V {
    state: *mut void,
    fn unknown(self: mut, a: Nope);
    fn each(self: mut, visit: Visit?);
    fn both(self: mut, visit: Visit?, a: Nope2);
}
struct Uses { v: *const V, @hidden x: u32, y: Nope3 }
"""
    assert found_in(text) == {
        ("A0201", "unknown type `Nope`"),
        ("A0201", "unknown type `Nope2`"),
        ("A0201", "unknown type `Nope3`"),
        ("A0607", "`visit` does not say how long it may be called"),
    }


@pytest.mark.parametrize(
    "text",
    [
        # Each is wrong once, and what follows from it is no news.
        "@string(ptr, lne) struct S { ptr: *const char, len: usize }"
        " @result(code, text) struct R { code: i32, text: S } entry fn f() -> R;",
        "entry fn end(a: Nope); opaque O; entry fn f() -> own *mut O? @free(end);",
        "@context vtable T { fn f(self: mut); }"
        " @object(self, table) struct A { table: *const T, x: Nope }",
        "compat integer(V); @version const V: u3 = 1;",
        "struct A { b: B } struct B { a: A } entry fn f(a: A) -> B; struct C { x: [A; 2] }",
        "struct S { a: *mut Nope @len(n), n: u32 }",
        "struct S { a: Nope : 3 }",
        "@string(p, n) struct S { p: *const char, n: Nope }",
        "struct u8 { a: u8 } struct S { b: u8, c: *mut u8 }",
        'import ""; import ""; struct S { a: Nope }',
        "type A = B; type B = A; entry fn f(a: A @len(n), n: A) -> own A;",
        "entry fn f(a: u32 @as(E), b: E); enum E { A = }",
        "vtable convention C { state: Nope, ... } vtable V: C { fn f(self: mut); }",
    ],
)
def test_what_follows_is_not_said(text: str) -> None:
    assert len(found_in(f"abi test 1.0.0;\n{text}".encode())) == 1


def test_a_name_or_version_that_is_wrong_hides_nothing() -> None:
    for first in (b"abi int 1.0.0;", b"abi zz 1.x;", b"abi con 1.0.0;", b"abi zz;", b""):
        assert found_in(first + OTHERS) > OF_OTHERS, first


def test_an_import_of_oneself_is_all_that_is_wrong() -> None:
    def read(name: str, report: Report) -> SourceFile | None:
        return decode(files[name], name, report)

    files = {
        "a.abi": b'abi a 1.0.0; import "b.abi"; struct A { x: u8 } struct C { b: B }',
        "b.abi": b'abi b 1.0.0; import "a.abi"; struct B { a: A, b: Nope }',
    }
    report = Report()
    examine_description("a.abi", report, read)
    assert [found.code.number for found in report.diagnostics] == ["A0104", "A0201"]


def test_each_description_is_looked_at(tmp_path: Path) -> None:
    from abilock.commands.check import check
    from abilock.progress import unseen

    (tmp_path / "a.abi").write_text("abi a 1.0.0; struct A { x: Nope }")
    (tmp_path / "b.abi").write_text(
        "abi b 1.0.0; union U { x: u32 } struct B { u: U, v: va } entry fn f(u: U);"
    )
    (tmp_path / "c.abi").write_text("abi c 1.0.0; entry fn f(u: union { x: u32 });")
    config = tmp_path / "pyproject.toml"
    config.write_text('[tool.abilock]\nabi = ["a.abi", "b.abi", "c.abi"]\n')
    report = check((), config=str(config), progress=unseen).report
    assert report is not None
    assert {each.span.file for each in report.diagnostics if each.span} == {
        "a.abi",
        "b.abi",
        "c.abi",
    }


def test_what_may_come_from_a_missing_import_is_told() -> None:
    def read(name: str, report: Report) -> SourceFile | None:
        if name in files:
            return decode(files[name], name, report)
        report.add(catalog.FILE_UNREADABLE, None, f"cannot read {name}")
        return None

    files = {
        "a.abi": b'abi a 1.0.0; import "gone.abi"; import "b.abi"; type T = u8;'
        b" struct A { b: B, c: *const Nope, d: [T; N], e: T } vtable V: Conv { fn f(self: mut); }",
        "b.abi": b"abi b 1.0.0; struct B { a: u8 }",
    }
    report = Report()
    examine_description("a.abi", report, read)
    [found] = report.diagnostics
    assert [note.message for note in found.notes] == [
        "not judged, since it may come from there: `Conv`, `N`, `Nope`"
    ]
