"""Attributes are broken where rustfmt breaks them: by the width of their arguments."""

from __future__ import annotations

from abilock.model.attributes import Attribute, Attributes, Text
from abilock.model.version import Version
from abilock.outputs.rust.attributes import Call, attribute_lines, one_line
from abilock.outputs.rust.text import deprecation_lines


def test_seventy_columns_of_arguments_fit() -> None:
    fits, wide = "a" * 67, "a" * 68
    assert attribute_lines(Call("any", (fits, "b"))) == (f"#[any({fits}, b)]",)
    assert attribute_lines(Call("any", (wide, "b"))) == ("#[any(", f"    {wide},", "    b", ")]")


def test_a_single_argument_stays_beside_its_brackets() -> None:
    wide = Call("not", (Call("any", ("a" * 40, "b" * 40)),))
    assert attribute_lines(wide) == (
        "#[not(any(",
        f"    {'a' * 40},",
        f"    {'b' * 40}",
        "))]",
    )
    assert one_line(wide) == f"not(any({'a' * 40}, {'b' * 40}))"


def test_what_fits_inside_is_not_broken() -> None:
    inner = Call("any", ("a" * 30, "b" * 30))
    assert attribute_lines(Call("all", (inner, "c" * 30)))[1] == f"    {one_line(inner)},"


def test_long_deprecations_are_broken_too() -> None:
    old = Attribute("deprecated", (Version(1, 2, 0), Text("a" * 60)))
    assert deprecation_lines(Attributes((old,))) == (
        "#[deprecated(",
        '    since = "1.2.0",',
        f'    note = "{"a" * 60}"',
        ")]",
    )
