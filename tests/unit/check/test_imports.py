"""What a library knows of the ABIs that it imports, and what keeps ABIs from standing together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from abilock.diagnostics.render import render_text
from abilock.model.targets import TRIPLES
from support.library import codes_of, library_of, read_text

LINUX, MAC = "x86_64-unknown-linux-gnu", "x86_64-apple-darwin"
OTHERS = {
    "root.abi": "abi root 1.0.0; struct Str { len: usize } const ROOT: u8 = 1; entry fn root_end();",
    "one.abi": 'abi one 1.0.0; import "root.abi"; struct One { text: Str } entry fn one_end();',
    "two.abi": 'abi two 1.0.0; import "root.abi"; struct Two { text: Str }'
    " vtable convention Shared { state: *mut void; ... fn text(self: const) -> Str; }",
}
BOTH = 'import "two.abi"; import "one.abi";'


def test_each_name_has_the_abi_that_declares_it() -> None:
    library = library_of(f"{BOTH} struct S {{ one: One, two: Two }} entry fn start();", OTHERS)
    assert [each.name for each in library.imports] == ["two", "one"]
    assert [each.name for each in library.all_imports] == ["root", "two", "one"]
    assert {name: owner.name for name, owner in library.imported.items()} == {
        "Str": "root",
        "ROOT": "root",
        "root_end": "root",
        "One": "one",
        "one_end": "one",
        "Two": "two",
    }
    assert [each.name for each in library.declared] == ["S", "start"]


def test_entries_of_others_can_be_found_but_are_not_declared() -> None:
    library = library_of(f"{BOTH} entry fn start();", OTHERS)
    assert [each.name for each in library.declarations] == ["Str", "ROOT", "Two", "One", "start"]
    assert library.find("root_end").name == "root_end"
    with pytest.raises(KeyError, match="nothing"):
        library.find("nothing")


def test_what_is_imported_is_as_it_is_by_itself() -> None:
    library = library_of(f'{BOTH} targets "{LINUX}"; struct S {{ one: One }}', OTHERS)
    one = library.all_imports[2]
    # A description without a name of its own is called test.abi here.
    assert one == replace(library_of(OTHERS["one.abi"], OTHERS), source="one.abi")
    assert one.targets == TRIPLES
    assert library.targets == (LINUX,)


def test_an_imported_convention_brings_its_types() -> None:
    library = library_of('import "two.abi"; vtable V: Shared { fn go(self: mut) }', OTHERS)
    found = library.find("V")
    assert [member.name for member in found.members] == ["state", "go", "text"]  # type: ignore[union-attr]


def test_a_problem_in_an_imported_file_is_told_once() -> None:
    others = {"base.abi": "abi base 1.0.0; struct A { x: Nope, y: S }"}
    library, report = read_text('import "base.abi"; struct S { a: A, b: Neither }', others)
    assert library is None
    assert [(found.code.number, found.message) for found in report.sorted()] == [
        ("A0201", "unknown type `Nope`"),
        ("A0201", "unknown type `S`"),
        ("A0201", "unknown type `Neither`"),
    ]


def test_a_warning_in_an_imported_file_is_told_once() -> None:
    others = {"base.abi": "abi base 1.0.0; enum E { A = 1, B = 1 }"}
    assert codes_of('import "base.abi"; struct S { e: E }', others) == ["A0309"]


def test_an_imported_header_line_is_checked() -> None:
    others = {"base.abi": 'abi base 1.0.0; targets "pdp11"; struct A { x: u8 }'}
    assert codes_of('import "base.abi"; struct S { a: A }', others) == ["A0504"]


# --- targets


def base(*targets: str, name: str = "base") -> str:
    listed = ", ".join(f'"{triple}"' for triple in targets)
    return f"abi {name} 1.0.0; targets {listed}; struct {name.title()} {{ x: u8 }}"


def test_targets_are_those_of_all_imports() -> None:
    others = {
        "base.abi": base(LINUX, MAC, TRIPLES[-1]),
        "next.abi": base(MAC, LINUX, TRIPLES[1], name="next"),
    }
    library = library_of('import "base.abi"; import "next.abi"; struct S { x: u8 }', others)
    assert library.targets == (LINUX, MAC)


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        (f'targets "{LINUX}", "{MAC}";', f"`base` does not exist on {MAC}"),
        (f'import "mac.abi"; targets "{MAC}";', f"`base` does not exist on {MAC}"),
        ('import "mac.abi";', "there is no target on which all that is imported exists"),
    ],
)
def test_a_target_is_one_of_every_import(listed: str, message: str) -> None:
    others = {"base.abi": base(LINUX), "mac.abi": base(MAC, name="mac")}
    library, report = read_text(f'import "base.abi"; {listed} struct S {{ x: u8 }}', others)
    assert library is None
    assert [(found.code.number, found.message) for found in report.diagnostics] == [
        ("A0506", message)
    ]


# --- names


@pytest.mark.parametrize(("name", "code"), [("test", "A0105"), ("Test", "A0107"), ("tester", None)])
def test_every_abi_has_a_header_of_its_own_name(name: str, code: str | None) -> None:
    others = {"base.abi": f"abi {name} 1.0.0; struct A {{ x: u8 }}"}
    found = codes_of('import "base.abi"; struct S { a: A }', others)
    assert found == ([code] if code else [])


def test_two_imported_files_are_two_abis() -> None:
    others = {
        name: f"abi base 1.0.0; struct {name[0].upper()} {{ x: u8 }}" for name in ("a.abi", "b.abi")
    }
    assert codes_of('import "a.abi"; import "b.abi"; struct S { x: u8 }', others) == ["A0105"]


@pytest.mark.parametrize(
    "text",
    [
        "const ROOT_VERSION: u8 = 1;",
        "struct ROOT_VERSION_MAJOR { a: u8 }",
        "enum ROOT { VERSION }",
        "const len: u8 = 1;",
    ],
)
def test_what_would_change_an_imported_header_is_refused(text: str) -> None:
    others = {"root.abi": "abi root 1.0.0; struct Str { len: usize }"}
    library, report = read_text(f'import "root.abi"; {text}', others)
    assert library is None
    assert [found.code.number for found in report.diagnostics] == ["A0107"]
    assert "Traceback" not in render_text(report)


def test_what_one_import_would_change_in_another_is_refused() -> None:
    others = {
        "a.abi": "abi a 1.0.0; const len: u8 = 1;",
        "b.abi": "abi b 1.0.0; struct B { inner: struct { len: u8 } }",
    }
    assert codes_of('import "a.abi"; import "b.abi"; struct S { x: u8 }', others) == ["A0107"]


def test_an_importer_knows_the_constants_that_it_imports() -> None:
    others = {"a.abi": "abi a 1.0.0; const len: u8 = 1;"}
    assert codes_of('import "a.abi"; struct S { len: u8, TEST_VERSION: u8 }', others) == []
