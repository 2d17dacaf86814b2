"""Structs that are values to Python: dataclasses, and exceptions with fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from abilock.binding.shapes import Item
from abilock.model.naming import python_name
from abilock.outputs.cffi.code import shadowed, shielded
from abilock.outputs.cffi.names import Role
from abilock.outputs.cffi.package import Package
from abilock.outputs.cffi.prose import python_remarks


@dataclass(frozen=True, slots=True)
class FieldView:
    """ex) ``len: int``; ``hint`` is an annotation in an assignment, ``arrived`` what one reads, if it does
    more than what may be given."""

    name: str
    annotation: str
    comment: tuple[str, ...] = ()
    has_default: bool = False
    default: str = ""
    hint: str = ""
    arrived: str = ""


@dataclass(frozen=True, slots=True)
class RecordView:
    """A dataclass, or an exception with fields."""

    name: str
    docstring: tuple[str, ...]
    fields: tuple[FieldView, ...]

    @property
    def has_objects(self) -> bool:
        """Whether the other side's objects are in it, which can be closed."""
        return any(each.arrived for each in self.fields)

    @property
    def receiver(self) -> str:
        """What methods call the record, whatever its fields are called."""
        return "_abi_self" if any(each.name == "self" for each in self.fields) else "self"

    @property
    def decorator(self) -> str:
        """What makes properties, whatever the fields are called."""
        return shielded("property", shadowed(each.name for each in self.fields))

    @property
    def given(self) -> str:
        """What ``__init__`` is given. ex) ``a: int, b: str | None = ...``"""
        return ", ".join(
            f"{each.name}: {each.annotation}{' = ...' if each.has_default else ''}"
            for each in self.fields
        )

    @property
    def parameters(self) -> tuple[str, ...]:
        """The fields as what ``__init__`` may be given. ex) ``code: int | None = None``"""
        return tuple(
            f"{each.name}: {each.annotation}{'' if each.has_default else ' | None'} = None"
            for each in self.fields
        )


def records_of(package: Package) -> Iterator[RecordView]:
    for name, items in package.records():
        fields = tuple(_ordered(_field(package, item) for item in items))
        yield RecordView(package.names.type(name), _about(package, name), _shielded_fields(fields))


def errors_of(package: Package) -> Iterator[RecordView]:
    for name, items in package.errors():
        fields = tuple(_error_field(package, item) for item in items)
        yield RecordView(package.names.type(name), _about(package, name), fields)


def _shielded_fields(fields: tuple[FieldView, ...]) -> tuple[FieldView, ...]:
    """With annotations that mean Python's words, whatever the fields are called."""
    words = shadowed(field.name for field in fields)
    return tuple(
        replace(
            field,
            annotation=shielded(field.annotation, words),
            arrived=shielded(field.arrived, words),
        )
        for field in fields
    )


def _about(package: Package, name: str) -> tuple[str, ...]:
    declared = package.forms.declaration(name)
    return package.parts.prose.docstring(
        (*declared.doc.lines, *python_remarks(declared.attributes))
    ) or (f"The struct {name}.",)


def _field(package: Package, item: Item) -> FieldView:
    annotation, arrived = (
        package.names.of(role).annotation(item.shape) for role in (Role.PROMISED, Role.ARRIVED)
    )
    if arrived == package.names.annotation(item.shape):
        annotation, arrived = arrived, ""
    lines = (*item.doc.lines, *python_remarks(item.attributes))
    if item.attributes.has("since") and not annotation.endswith("| None"):
        annotation = f"{annotation} | None"
        arrived = f"{arrived} | None" if arrived else ""
    is_optional = annotation.endswith("| None")
    return FieldView(
        item.python or python_name(item.name),
        annotation,
        package.parts.prose.comment(lines),
        is_optional or item.has_default,
        package.names.default(item.shape, item.default),
        arrived=arrived,
    )


def _ordered(fields: Iterator[FieldView]) -> list[FieldView]:
    """Those that have to be given first."""
    return sorted(fields, key=lambda field: field.has_default)


def _error_field(package: Package, item: Item) -> FieldView:
    annotation = package.names.annotation(item.shape)
    return FieldView(
        package.names.fact(item),
        annotation,
        package.parts.prose.comment((*item.doc.lines, *python_remarks(item.attributes))),
        has_default=annotation.endswith("| None"),
        hint=": Any",
    )
