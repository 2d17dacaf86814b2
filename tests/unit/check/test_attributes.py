"""Attributes are read wherever they stand, and each for itself is right."""

from __future__ import annotations

import pytest

from abilock.model.attributes import Text
from abilock.model.decls import EntryStatic
from support.library import codes_of, library_of, read_text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("@packed allocator heap = malloc/free;", "A0402"),
        ("@foo allocator heap = malloc/free;", "A0401"),
        ("@packed compat semver;", "A0402"),
        ('@packed targets "x86_64-unknown-linux-gnu";', "A0402"),
        ("@object(s) vtable convention C { s: *mut void, ... }", "A0402"),
        ("entry static level: u8 @nul;", "A0407"),
        ("entry static level: u8 @foo;", "A0401"),
        ("entry static level: own *mut u8;", "A0212"),
        ("@foo\nabi test 1.0.0; struct S { a: u8 }", "A0401"),
        ("@packed\nabi test 1.0.0; struct S { a: u8 }", "A0402"),
    ],
)
def test_no_attribute_is_dropped_unread(text: str, code: str) -> None:
    assert codes_of(text) == [code]


def test_the_model_has_those_of_the_abi() -> None:
    library = library_of('@strip("_fn")\nabi test 1.0.0; struct S { a: u8 }')
    assert library.attributes.has("strip")


def test_the_model_has_those_of_a_variable_and_its_type() -> None:
    found = library_of("@hidden entry static name: *const char @nul;").find("name")
    assert isinstance(found, EntryStatic)
    assert [attribute.name for attribute in found.attributes.all] == ["hidden", "nul"]


def test_the_model_knows_where_they_stand() -> None:
    library, report = read_text("@hidden struct S { a: u8 }")
    assert library is not None
    hidden = library.find("S").attributes.get("hidden")
    assert hidden is not None
    assert hidden.span is not None
    text = report.sources[hidden.span.file].text
    assert text[hidden.span.start : hidden.span.end] == "@hidden"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("@ok(E::C) entry fn f() -> E;", "`E` has no value `C`", "it has `Left` or `Right`"),
        ("@ok(E::Reft) entry fn f() -> E;", "`E` has no value `Reft`", "did you mean `Left`?"),
        (
            "entry fn f(a: *const u8 @len(E::C));",
            "`E` has no value `C`",
            "it has `Left` or `Right`",
        ),
        (
            "entry fn f(a: *const u8 @len(n * E::C), n: u32);",
            "`E` has no value `C`",
            "it has `Left` or `Right`",
        ),
    ],
)
def test_a_value_that_an_enum_does_not_have(text: str, message: str, hint: str) -> None:
    _, report = read_text("enum E { Left, Right }" + text)
    (found,) = report.diagnostics
    assert (found.code.number, found.message, found.hint) == ("A0201", message, hint)


def test_a_length_counts_with_numbers_only() -> None:
    text = 'const NAME: str = "x"; entry fn f(a: *const u8 @len(n * NAME), n: u32);'
    assert codes_of(text) == ["A0301"]


@pytest.mark.parametrize("name", ["class", "None", "__init__", "__x", "_abi_lib"])
def test_python_cannot_take_this_name(name: str) -> None:
    assert codes_of(f'@py("{name}") struct S {{ x: u8 }}') == ["A0405"]


@pytest.mark.parametrize("name", ["klass", "match", "type", "_x"])
def test_python_can_take_this_name(name: str) -> None:
    assert codes_of(f'@py("{name}") struct S {{ x: u8 }}') == []


def test_what_is_deprecated_is_said_on_one_line() -> None:
    library = library_of('@deprecated(1.0.0, " Use\\n  `New`.\\t") struct S { a: u8 }')
    (attribute,) = library.find("S").attributes.all
    assert attribute.arguments[1] == Text("Use `New`.")
