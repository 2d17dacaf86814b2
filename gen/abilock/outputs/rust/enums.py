"""Enums: closed ones are Rust enums, others an integer with named values."""

from __future__ import annotations

from collections.abc import Sequence

from abilock.layout.shapes import Layout
from abilock.model.decls import EnumDecl, EnumKind, EnumValue
from abilock.model.naming import rust_name
from abilock.model.types import Scalar
from abilock.outputs.rust.checks import enum_checks
from abilock.outputs.rust.printed import Documented, EnumItem, NewtypeItem
from abilock.outputs.rust.records import enum_repr
from abilock.outputs.rust.text import attribute_remarks, deprecation_lines, doc_lines
from abilock.outputs.rust_declarations import RustTypes, one_line

_CLOSED = "A closed enum: a value that is not listed here is undefined behaviour."
_ODD = "A closed enum, kept as an integer: `{}` has no counterpart among Rust's enums."
_OPEN = "An open enum: any value of the integer is legal."
_FLAGS = "A set of bits: any value of the integer is legal."


def enum_item(
    declaration: EnumDecl, layouts: Sequence[Layout], types: RustTypes
) -> EnumItem | NewtypeItem:
    repr_ = enum_repr(declaration)
    name = rust_name(declaration.name)
    checks = enum_checks(name, declaration.name, layouts)
    attributes = deprecation_lines(declaration.attributes)
    if repr_ is None:
        constants = tuple(_newtype_constant(each) for each in declaration.values)
        taken = {each.name for each in declaration.values}
        return NewtypeItem(
            docs=(*_docs(declaration, _newtype_remark(declaration)), *attributes),
            name=name,
            integer=one_line(types.piece(Scalar(declaration.underlying))),
            has_constants=bool(constants),
            constants=constants,
            is_flags=declaration.kind is EnumKind.FLAGS,
            contains=next(
                each for each in ("contains", "contains_", "has_bits") if each not in taken
            ),
            checks=checks,
        )
    variants: dict[int, EnumValue] = {}
    for each in declaration.values:
        variants.setdefault(each.value, each)
    repeated = [each for each in declaration.values if variants[each.value] is not each]
    return EnumItem(
        docs=_docs(declaration, _CLOSED),
        attributes=(
            *attributes,
            "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]",
            f"#[repr({repr_})]",
        ),
        name=name,
        values=tuple(
            _documented(each, f"{rust_name(each.name)} = {each.value},")
            for each in variants.values()
        ),
        has_constants=bool(repeated),
        constants=tuple(
            _documented(
                each,
                f"pub const {rust_name(each.name)}: Self ="
                f" Self::{rust_name(variants[each.value].name)};",
            )
            for each in repeated
        ),
        checks=checks,
    )


def _docs(declaration: EnumDecl, remark: str) -> tuple[str, ...]:
    return doc_lines(declaration.doc, [*attribute_remarks(declaration.attributes), remark])


def _newtype_remark(declaration: EnumDecl) -> str:
    if declaration.kind is EnumKind.OPEN:
        return _OPEN
    if declaration.kind is EnumKind.FLAGS:
        return _FLAGS
    return _ODD.format(declaration.underlying)


def _newtype_constant(value: EnumValue) -> Documented:
    return _documented(value, f"pub const {rust_name(value.name)}: Self = Self({value.value});")


def _documented(value: EnumValue, line: str) -> Documented:
    docs = doc_lines(value.doc, attribute_remarks(value.attributes))
    return Documented((*docs, *deprecation_lines(value.attributes)), (line,))
