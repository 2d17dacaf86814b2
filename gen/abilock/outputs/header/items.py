"""The declarations of a header, one after another."""

from __future__ import annotations

from dataclasses import dataclass

from abilock.model.c_names import has_macros, value_c_name
from abilock.model.decls import (
    Alias,
    Callback,
    Constant,
    Declaration,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    EnumKind,
    EnumValue,
    Opaque,
    Vtable,
)
from abilock.model.types import Aggregate, FunctionPointer
from abilock.outputs.c_declarations import (
    C_SCALARS,
    constant_literal,
    declare_lines,
    integer_literal,
    prototype_lines,
)
from abilock.outputs.header.macros import is_deprecated_type, is_extension_item, is_must_use
from abilock.outputs.header.members import (
    WIDTH,
    Members,
    MemberView,
    comment,
    deprecation,
    function_comment,
)
from abilock.outputs.wording import remarks


@dataclass(frozen=True, slots=True)
class DefineView:
    """A macro or an enumerator. ex) ``RESUME_POSITION_MAX_LEN``, ``65536u``"""

    comment: tuple[str, ...]
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """A declaration: finished ``lines`` and then ``defines``, a body of ``members``, or ``values``.

    ex) ``typedef uint16_t Kind;``; ``struct FfiStr`` with members; ``enum FfiChangeOp`` with values
    """

    comment: tuple[str, ...]
    lines: tuple[str, ...] = ()
    defines: tuple[DefineView, ...] = ()
    is_aggregate: bool = False
    is_enum: bool = False
    name: str = ""
    is_packed: bool = False
    packed: int = 0
    members: tuple[MemberView, ...] = ()
    values: tuple[DefineView, ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """Makes the views of declarations."""

    members: Members

    def view(self, declaration: Declaration) -> ItemView:
        """Anything but a constant, which is a ``DefineView``."""
        match declaration:
            case Aggregate():
                return ItemView(
                    _comment(declaration),
                    is_aggregate=True,
                    name=f"{self._extension(declaration)}{self.members.tag(declaration)}"
                    f"{self._name(declaration)}",
                    is_packed=declaration.packed is not None,
                    packed=declaration.packed or 0,
                    members=tuple(
                        self.members.view(field, in_packed=declaration.packed is not None)
                        for field in declaration.fields
                    ),
                )
            case Vtable():
                return ItemView(
                    _comment(declaration),
                    is_aggregate=True,
                    name=f"struct {self._name(declaration)}",
                    members=tuple(self.members.view(member) for member in declaration.members),
                )
            case Opaque():
                # The typedef stands with the forward declarations; here is what to know about it.
                return ItemView(_comment(declaration), (f"struct {self._name(declaration)};",))
            case EnumDecl():
                return self._enum(declaration)
            case Alias():
                notes = remarks(declaration.type_attributes, declaration.own, declaration.type)
                lines = self._declared("typedef ", declaration)
                return ItemView(_comment(declaration, notes), (*self.marks(declaration), *lines))
            case Callback():
                return ItemView(
                    function_comment(
                        declaration.doc,
                        remarks(declaration.attributes),
                        declaration.signature,
                        WIDTH,
                    ),
                    (
                        *self.marks(declaration),
                        *self._pointer(declaration, self._name(declaration)),
                    ),
                )
            case EntryFunction():
                return self._entry(declaration)
            case EntryStatic():
                notes = ("A library may lack it.",) if declaration.optional else ()
                before = f"extern {self.members.prefix}_EXPORT "
                lines = (*self.marks(declaration), *self._declared(before, declaration))
                return ItemView(_comment(declaration, notes), lines)
            case Constant():
                raise ValueError(f"{declaration.name} is a constant")

    def constant(self, constant: Constant) -> DefineView:
        """ex) ``#define RESUME_POSITION_MAX_LEN 65536u``"""
        return DefineView(_comment(constant), self._name(constant), constant_literal(constant))

    def marks(self, declaration: Declaration) -> tuple[str, ...]:
        """The line before a declaration that is deprecated.

        ex) ``SHOP_DEPRECATED_TYPE("Deprecated since 1.2.0.")``
        """
        ending = "DEPRECATED_TYPE" if is_deprecated_type(declaration) else "DEPRECATED"
        return deprecation(declaration.attributes, f"{self.members.prefix}_{ending}")

    def _name(self, declaration: Declaration) -> str:
        return self.members.naming.name(declaration.name)

    def _extension(self, declaration: Declaration) -> str:
        return self.members.extension(is_extension_item(declaration))

    def _declared(self, words: str, declaration: Alias | EntryStatic) -> tuple[str, ...]:
        before = f"{self._extension(declaration)}{words}"
        name, width = self._name(declaration), WIDTH - len(before) - 1
        const = isinstance(declaration, EntryStatic) and declaration.const
        naming = self.members.naming
        lines = declare_lines(declaration.type, name, naming, width, const=const)
        return _statement(before, lines)

    def _pointer(self, declaration: Callback | EntryFunction, name: str) -> tuple[str, ...]:
        pointer = FunctionPointer(declaration.signature)
        before = f"{self._extension(declaration)}typedef "
        width = WIDTH - len(before) - 1
        return _statement(before, declare_lines(pointer, name, self.members.naming, width))

    def _entry(self, entry: EntryFunction) -> ItemView:
        prefix, naming = self.members.prefix, self.members.naming
        must_use = f"{prefix}_MUST_USE " if is_must_use(entry) else ""
        before = f"{self._extension(entry)}{prefix}_EXPORT {must_use}"
        width = WIDTH - len(before) - 1
        lines = prototype_lines(entry.signature, naming.name(entry.name), naming, width)
        optional = ("A library may lack it.",) if entry.optional else ()
        notes = (*remarks(entry.attributes), *optional)
        return ItemView(
            function_comment(entry.doc, notes, entry.signature, WIDTH),
            (
                *self.marks(entry),
                *_statement(before, lines),
                *self._pointer(entry, f"{naming.name(entry.name)}_fn"),
            ),
        )

    def _enum(self, enum: EnumDecl) -> ItemView:
        name = self._name(enum)
        values = tuple(_value(enum, value) for value in enum.values)
        marks = self.marks(enum)
        if has_macros(enum):
            line = f"typedef {C_SCALARS[enum.underlying]} {name};"
            return ItemView(_comment(enum), (*marks, line), defines=values)
        return ItemView(_comment(enum), marks, is_enum=True, name=name, values=values)


def _value(enum: EnumDecl, value: EnumValue) -> DefineView:
    is_macro = has_macros(enum)
    text = comment(value.doc, remarks(value.attributes), WIDTH if is_macro else WIDTH - 4)
    hexadecimal = enum.kind is EnumKind.FLAGS
    number = integer_literal(value.value, enum.underlying, hexadecimal=hexadecimal)
    name = value_c_name(enum, value)
    if value.alias_of is not None:
        same = next(each for each in enum.values if each.name == value.alias_of)
        return DefineView(text, name, value_c_name(enum, same))
    return DefineView(text, name, number)


def _comment(declaration: Declaration, notes: tuple[str, ...] = ()) -> tuple[str, ...]:
    return comment(declaration.doc, (*remarks(declaration.attributes), *notes), WIDTH)


def _statement(before: str, lines: tuple[str, ...]) -> tuple[str, ...]:
    """ex) ``typedef `` and ``;`` around the lines"""
    text = [*lines]
    text[0] = f"{before}{text[0]}"
    text[-1] = f"{text[-1]};"
    return tuple(text)
