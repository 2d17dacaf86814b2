"""Syntax to model: one declaration at a time, every type resolved where it is used.

Guarantee afterwards: types are complete where they must be, and what C does not allow was reported.
"""

from __future__ import annotations

from collections.abc import Sequence

from abilock.check.attribute_scope import Scope
from abilock.check.attribute_table import Place
from abilock.check.attributes import AttributePass
from abilock.check.constants import ConstantPass
from abilock.check.members import MemberBuilder, doc
from abilock.check.symbols import Symbols
from abilock.check.type_builder import Position, TypeBuilder
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model import decls
from abilock.model.attributes import Attributes
from abilock.model.types import Aggregate
from abilock.syntax import ast


class Build:
    """Builds the declarations of a library. ``shares``: slots that are written alike get one signature."""

    def __init__(
        self,
        symbols: Symbols,
        constants: ConstantPass,
        attributes: AttributePass,
        report: Report,
        *,
        shares: bool,
    ) -> None:
        self._constants = constants
        self._values = constants.values
        self._attributes = attributes
        self._types = TypeBuilder(symbols, constants, attributes, report)
        self._members = MemberBuilder(
            symbols, constants, attributes, self._types, report, shares=shares
        )
        self._report = report

    # --- declarations

    def declaration(self, declared: object) -> decls.Declaration | None:
        """The declaration, or None for a vtable convention, which only exists in what follows it."""
        match declared:
            case ast.Alias():
                return self._alias(declared)
            case ast.Constant():
                return self._constant(declared)
            case ast.Aggregate():
                return self._aggregate(declared)
            case ast.Opaque():
                return decls.Opaque(
                    declared.name.text,
                    doc(declared.decor),
                    self._attributes.read(declared.decor.attributes, Place.OPAQUE, Scope()),
                    declared.name.span,
                )
            case ast.EnumDecl():
                return self._enum(declared)
            case ast.Callback():
                return self._callback(declared)
            case ast.VtableDecl():
                return self._members.vtable(declared)
            case ast.EntryFunction():
                return self._entry(declared)
            case ast.EntryStatic():
                return self._static(declared)
        raise AssertionError(f"not a declaration: {declared}")

    def _alias(self, declared: ast.Alias) -> decls.Alias:
        built = self._types.build(declared.type.type, Position.ALIAS)
        self._types.check_own(declared.type, built)
        return decls.Alias(
            declared.name.text,
            built,
            declared.type.own,
            doc(declared.decor),
            self._attributes.read(declared.decor.attributes, Place.ALIAS, Scope()),
            self._attributes.read(
                declared.type.attributes, Place.ALIAS_TYPE, Scope(), declared.type.type
            ),
            declared.name.span,
        )

    def _constant(self, declared: ast.Constant) -> decls.Constant:
        scalar = declared.type.name
        value: int | str
        if scalar == "str":
            value = declared.value.value if isinstance(declared.value, ast.String) else ""
        else:
            value = self._values.constants.get(declared.name.text, 0)
            scalar = self._constants.integer_alias(declared.type) or "c_int"
        return decls.Constant(
            declared.name.text,
            scalar,
            value,
            doc(declared.decor),
            self._attributes.read(declared.decor.attributes, Place.CONSTANT, Scope()),
            declared.name.span,
        )

    def _aggregate(self, declared: ast.Aggregate) -> Aggregate:
        place = Place.UNION if declared.is_union else Place.STRUCT
        return self._members.record(
            declared.name.text,
            declared.name,
            declared.is_union,
            declared.members,
            declared.decor,
            place,
        )

    def _enum(self, declared: ast.EnumDecl) -> decls.EnumDecl:
        numbers = self._values.enums.get(declared.name.text, {})
        underlying = "c_int"
        if declared.width is not None:
            underlying = self._constants.integer_alias(declared.width) or "c_int"
        if not declared.values and declared.kind is ast.EnumKind.CLOSED:
            self._report.add(
                catalog.EMPTY_AGGREGATE,
                declared.name.span,
                "a closed enum needs a value: nothing could be passed",
                hint="give it one, or make it an `open enum`, which takes every number",
            )
        first_of: dict[int, str] = {}
        values = []
        for value in declared.values:
            number = numbers.get(value.name.text, 0)
            first = first_of.setdefault(number, value.name.text)
            values.append(
                decls.EnumValue(
                    value.name.text,
                    number,
                    first if first != value.name.text else None,
                    doc(value.decor),
                    self._attributes.read(value.decor.attributes, Place.VALUE, Scope()),
                    value.name.span,
                )
            )
        kind = decls.EnumKind(declared.kind.value)
        if kind is decls.EnumKind.FLAGS:
            self._check_flags(declared, values)
        return decls.EnumDecl(
            declared.name.text,
            kind,
            underlying,
            tuple(values),
            doc(declared.decor),
            self._attributes.read(declared.decor.attributes, Place.ENUM, Scope()),
            declared.name.span,
        )

    def _check_flags(self, declared: ast.EnumDecl, values: Sequence[decls.EnumValue]) -> None:
        single = 0
        for value in values:
            if value.value > 0 and value.value & (value.value - 1) == 0:
                single |= value.value
        for value in values:
            if value.value & ~single:
                self._report.add(
                    catalog.BAD_FLAG,
                    value.span,
                    f"`{value.name}` has bits that no flag of `{declared.name.text}` names alone",
                    hint="give each bit a name of its own, or use an `open enum`",
                )

    def _callback(self, declared: ast.Callback) -> decls.Callback:
        scope = Scope.of_parameters(declared.signature.parameters)
        signature = self._types.signature(declared.signature, declared.convention, scope)
        return decls.Callback(
            declared.name.text,
            signature,
            doc(declared.decor),
            self._attributes.read(declared.decor.attributes, Place.CALLBACK, scope),
            declared.name.span,
        )

    def _entry(self, declared: ast.EntryFunction) -> decls.EntryFunction:
        scope = Scope.of_parameters(declared.signature.parameters)
        signature = self._types.signature(declared.signature, declared.convention, scope)
        return decls.EntryFunction(
            declared.name.text,
            signature,
            declared.optional,
            doc(declared.decor),
            self._attributes.read(declared.decor.attributes, Place.ENTRY, scope),
            declared.name.span,
        )

    def _static(self, declared: ast.EntryStatic) -> decls.EntryStatic:
        written = declared.type
        if written.own:
            self._report.add(
                catalog.BAD_OWN,
                written.span,
                f"nobody receives `{declared.name.text}`: a variable stays in its library",
                hint="leave out `own`",
            )
        own = self._attributes.read(declared.decor.attributes, Place.ENTRY, Scope())
        of_type = self._attributes.read(written.attributes, Place.FIELD_TYPE, Scope(), written.type)
        return decls.EntryStatic(
            declared.name.text,
            self._types.build(written.type, Position.VARIABLE),
            declared.optional,
            declared.const,
            doc(declared.decor),
            Attributes(own.all + of_type.all),
            declared.name.span,
        )
