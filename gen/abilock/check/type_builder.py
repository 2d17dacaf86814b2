"""Types and signatures: written ones to meant ones.

Guarantee afterwards: every name is resolved, what stands by value has a size, what may be null is a
pointer, and what C does not allow was reported.
"""

from __future__ import annotations

from enum import Enum

from abilock.check.advice import array_hint, convention_hint, not_a_type_hint, opaque_hint, quoted
from abilock.check.attribute_scope import Scope
from abilock.check.attribute_table import Place
from abilock.check.attributes import AttributePass
from abilock.check.constants import ConstantPass, evaluate
from abilock.check.symbols import BUILTIN_TYPES, Symbols
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.model import decls, scalars, types
from abilock.model.types import Doc, Parameter, Result, Signature
from abilock.syntax import ast
from abilock.syntax.foreign import name_hint

MAX_POINTER_DEPTH = 16
_CONVENTIONS = "C system cdecl stdcall fastcall vectorcall thiscall win64 sysv64 aapcs".split()
#: Calling conventions in which the caller cleans the stack, which variadic calls need.
_VARIADIC_CONVENTIONS = frozenset({"C", "cdecl", "win64", "sysv64", "aapcs"})


class Position(Enum):
    """Where a type stands; the values are the words that messages use."""

    MEMBER = "a member"
    PARAMETER = "a parameter"
    RESULT = "a result"
    POINTEE = "a pointee"
    ELEMENT = "an array element"
    ALIAS = "an alias"
    VARIABLE = "a variable"


class TypeBuilder:
    """Builds types where they stand."""

    def __init__(
        self,
        symbols: Symbols,
        constants: ConstantPass,
        attributes: AttributePass,
        report: Report,
    ) -> None:
        self._symbols = symbols
        self._constants = constants
        self._attributes = attributes
        self._report = report

    # --- functions

    def signature(
        self,
        written: ast.Signature,
        convention: ast.String | None,
        scope: Scope,
        receiver: decls.Receiver | None = None,
    ) -> Signature:
        """A parameter list with its result; ``scope`` is what attributes in it may name."""
        name = self._convention(convention)
        parameters = []
        given_parameters = () if self._is_void(written) else written.parameters
        for index, given in enumerate(given_parameters):
            if receiver is not None and index == 0:
                parameters.append(self._receiver(given, receiver))
            else:
                parameters.append(self._parameter(given, scope))
        result = None
        if written.result is not None:
            built = self.build(written.result.type, Position.RESULT)
            if not isinstance(built, types.Void):
                self.check_own(written.result, built)
                result = Result(
                    built,
                    written.result.own,
                    self._attributes.read(
                        written.result.attributes, Place.RESULT_TYPE, scope, written.result.type
                    ),
                )
            elif written.result.own or written.result.attributes:
                self._report.add(
                    catalog.BAD_OWN,
                    written.result.span,
                    "there is nothing to say of `void`",
                    hint="a function that returns nothing has no `->`",
                )
        if written.variadic:
            self._check_variadic(written, name, convention)
        return Signature(tuple(parameters), result, written.variadic, name)

    def _is_void(self, written: ast.Signature) -> bool:
        """Whether the parameters are ``(void)``, as C has it; that is reported."""
        if len(written.parameters) != 1 or written.variadic:
            return False
        (given,) = written.parameters
        type_ = given.type.type
        if given.name is not None or not isinstance(type_, ast.NamedType) or type_.name != "void":
            return False
        self._report.add(
            catalog.VOID_BY_VALUE,
            type_.span,
            "a parameter cannot be `void`",
            hint="without parameters, write `()`",
        )
        return True

    def _receiver(self, given: ast.Parameter, receiver: decls.Receiver) -> Parameter:
        pointer = types.Pointer(types.Void(), mutable=receiver is not decls.Receiver.CONST)
        for attribute in (*given.decor.attributes, *given.type.attributes):
            self._report.add(
                catalog.MISPLACED_ATTRIBUTE,
                attribute.span,
                f"`@{attribute.name.text}` says nothing of `self`",
                hint="attributes of the slot stand before `fn`",
            )
        return Parameter(
            "self",
            pointer,
            receiver is decls.Receiver.OWN,
            True,
            Doc(given.decor.docs),
            span=given.name.span if given.name is not None else None,
        )

    def _parameter(self, given: ast.Parameter, scope: Scope) -> Parameter:
        if is_receiver(given) or is_bare_self(given):
            self._report.add(
                catalog.BAD_SELF,
                given.span,
                "`self` is the first parameter of a slot",
                hint="a slot is `fn name(self: …)`; elsewhere the context is a pointer: `ctx: *mut void`",
            )
            return Parameter("self", types.Pointer(types.Void(), mutable=True))
        built = self.build(given.type.type, Position.PARAMETER)
        self.check_own(given.type, built)
        own = self._attributes.read(given.decor.attributes, Place.PARAMETER, scope)
        of_type = self._attributes.read(
            given.type.attributes, Place.PARAMETER_TYPE, scope, given.type.type
        )
        name = given.name.text if given.name is not None and given.name.text != "_" else None
        return Parameter(
            name,
            built,
            given.type.own,
            False,
            Doc(given.decor.docs),
            own | of_type,
            given.name.span if given.name is not None else None,
        )

    def _convention(self, written: ast.String | None) -> str:
        if written is None:
            return "C"
        if written.value not in _CONVENTIONS:
            self._report.add(
                catalog.UNKNOWN_CONVENTION,
                written.span,
                f"unknown calling convention {quoted(written.value)}",
                hint=convention_hint(written.value, _CONVENTIONS),
            )
            return "C"
        return written.value

    def _check_variadic(
        self, written: ast.Signature, convention: str, place: ast.String | None
    ) -> None:
        if not written.parameters:
            self._report.add(
                catalog.BAD_VARIADIC,
                written.span,
                "`...` needs a parameter before it: C before C23 has no other way to reach the rest",
                hint="for example a count: `(count: u32, ...)`",
            )
        elif convention not in _VARIADIC_CONVENTIONS:
            self._report.add(
                catalog.BAD_VARIADIC,
                place.span if place is not None else written.span,
                f'a variadic function cannot be "{convention}": its callee would clean the stack',
                hint="leave the convention out, and C's holds",
            )

    # --- types

    def check_own(self, use: ast.TypeUse, built: types.Type) -> None:
        """``own`` needs something that has an end."""
        if not use.own:
            return
        resolved = self._resolved(use.type)
        if isinstance(built, types.Void) or (
            isinstance(resolved, ast.NamedType)
            and resolved.name in ("bool", "f32", "f64", "c_float", "c_double")
        ):
            self._report.add(
                catalog.BAD_OWN,
                use.span,
                "nobody can own this: it is a plain value",
                hint="`own` stands before a pointer, a handle, or a struct that holds one",
            )

    def build(self, written: ast.Type, position: Position, pointers: int = 0) -> types.Type:
        """The type that is written at ``position``, behind so many ``pointers``."""
        match written:
            case ast.NamedType():
                return self._named(written, position)
            case ast.PointerType():
                if pointers == MAX_POINTER_DEPTH:
                    self._report.add(
                        catalog.TOO_DEEP,
                        written.span,
                        f"pointers are nested more than {MAX_POINTER_DEPTH} deep",
                        hint="name a part of the type with `type`",
                    )
                    return types.Void()
                inner = self.build(written.pointee, Position.POINTEE, pointers + 1)
                return types.Pointer(inner, written.mutable)
            case ast.NullableType():
                return self._nullable(written, position, pointers)
            case ast.ArrayType():
                return self._array(written, position)
            case ast.FunctionType():
                scope = Scope.of_parameters(written.signature.parameters)
                return types.FunctionPointer(
                    self.signature(written.signature, written.convention, scope)
                )
            case ast.AggregateType():
                self._report.add(
                    catalog.NESTED_OUTSIDE,
                    written.span,
                    f"{position.value} cannot be written out as a struct or union",
                    hint="declare it with a name, and use the name here",
                )
                return types.Scalar("u8")

    def _named(self, written: ast.NamedType, position: Position) -> types.Type:
        name = written.name
        if name == "void":
            if position not in (Position.POINTEE, Position.RESULT):
                self._report.add(
                    catalog.VOID_BY_VALUE,
                    written.span,
                    f"{position.value} cannot be `void`",
                    hint="`void` stands behind a pointer, or is what a function returns",
                )
                return types.Scalar("u8")
            return types.Void()
        if name == "char":
            return types.Scalar("c_char")
        if name in scalars.SCALARS:
            return types.Scalar(name)
        declared = self._symbols.visible(name, written.span.file)
        match declared:
            case ast.Aggregate() | ast.EnumDecl() | ast.Callback() | ast.Alias():
                pass
            case ast.VtableDecl() if not declared.is_convention:
                pass
            case ast.Opaque():
                if position is not Position.POINTEE:
                    self._report_opaque(written, position)
                    return types.Scalar("u8")
            case None if name in self._symbols.broken:
                return types.Scalar("u8")
            case None if name == "str":
                self._report.add(
                    catalog.NOT_A_TYPE,
                    written.span,
                    "`str` is a type of constants only",
                    hint=name_hint("str") or "text is `*const char @nul`",
                )
                return types.Scalar("u8")
            case None:
                self._report.add(
                    catalog.UNKNOWN_NAME,
                    written.span,
                    f"unknown type `{name}`",
                    hint=self._symbols.hint(name, written.span.file)
                    or f"declare it, for example `opaque {name};`, or `import` the file that does",
                )
                return types.Scalar("u8")
            case _:
                self._report.add(
                    catalog.NOT_A_TYPE,
                    written.span,
                    f"`{name}` is not a type",
                    hint=not_a_type_hint(declared),
                    notes=(Note("it is declared here", declared.name.span),),
                )
                return types.Scalar("u8")
        if isinstance(declared, ast.Alias) and not self._check_alias(written, position):
            return types.Scalar("u8")
        return types.Named(name)

    def _report_opaque(self, written: ast.NamedType, position: Position) -> None:
        self._report.add(
            catalog.OPAQUE_BY_VALUE,
            written.span,
            f"`{written.name}` is opaque, so its size is not known, and it cannot be {position.value}",
            hint=opaque_hint(written.name, position.value),
        )

    def _check_alias(self, written: ast.NamedType, position: Position) -> bool:
        """What an alias stands for must be allowed where the alias is. Whether it has a size there."""
        resolved = self._resolved(written)
        if isinstance(resolved, ast.ArrayType) and position in (
            Position.PARAMETER,
            Position.RESULT,
        ):
            self._report_array(written, position)
        elif isinstance(resolved, ast.NamedType) and position is not Position.POINTEE:
            declared = self._symbols.declarations.get(resolved.name)
            if isinstance(declared, ast.Opaque) and position is not Position.ALIAS:
                self._report_opaque(written, position)
                return False
        return True

    def _resolved(self, written: ast.Type) -> ast.Type:
        """What a type stands for, aliases followed; cycles of aliases end at one of them."""
        for _ in range(len(self._symbols.declarations) + 1):
            if not isinstance(written, ast.NamedType):
                return written
            declared = self._symbols.visible(written.name, written.span.file)
            if not isinstance(declared, ast.Alias):
                return written
            written = declared.type.type
        return written

    def _nullable(self, written: ast.NullableType, position: Position, pointers: int) -> types.Type:
        inner = self.build(written.inner, position, pointers)
        match inner:
            case types.Pointer():
                return types.Pointer(inner.pointee, inner.mutable, nullable=True)
            case types.FunctionPointer():
                return types.FunctionPointer(inner.signature, nullable=True)
            case types.Named() if self._is_pointer(self._resolved(written.inner)):
                return types.Named(inner.name, nullable=True)
            case _:
                pass
        if self._was_reported(written.inner, inner):
            return inner
        self._report.add(
            catalog.BAD_NULLABLE,
            written.span,
            "`?` says that a pointer may be null, and this is never null",
            hint="a function pointer that may be null is `(fn() -> T)?`"
            if position is Position.RESULT
            else "an optional value needs a flag beside it: a struct with `@optional(found)`",
        )
        return inner

    def _was_reported(self, written: ast.Type, built: types.Type) -> bool:
        """Whether something was wrong with a type already: it is unknown, or ``void`` by value."""
        resolved = self._resolved(written)
        if not isinstance(resolved, ast.NamedType) or isinstance(built, types.Void):
            return False
        is_known = self._symbols.visible(resolved.name, resolved.span.file) is not None
        return resolved.name in ("void", "str") or not (is_known or resolved.name in BUILTIN_TYPES)

    def _is_pointer(self, written: ast.Type) -> bool:
        match written:
            case ast.PointerType() | ast.FunctionType():
                return True
            case ast.NullableType():
                return True
            case ast.NamedType():
                return isinstance(self._symbols.declarations.get(written.name), ast.Callback)
            case _:
                return False

    def _array(self, written: ast.ArrayType, position: Position) -> types.Type:
        element = self.build(written.element, Position.ELEMENT)
        if position in (Position.PARAMETER, Position.RESULT):
            self._report_array(written, position)
        lookup = self._constants.lookup(written.span.file)
        length = evaluate(written.length, lookup, self._report)
        if length is None:
            return types.Array(element, 1)
        if length < 1 or length >= 1 << 64:
            self._report.add(
                catalog.BAD_ARRAY_LENGTH,
                written.length.span,
                f"an array has at least one element, not {length}"
                if length < 1
                else "an array of so many elements fits no address space",
                hint=array_hint(length),
            )
            return types.Array(element, 1)
        return types.Array(element, length)

    def _report_array(self, written: ast.Type, position: Position) -> None:
        self._report.add(
            catalog.ARRAY_BY_VALUE,
            written.span,
            f"C cannot pass an array by value, so it cannot be {position.value}",
            hint="pass a pointer to its first element, or put the array in a struct",
        )


def is_bare_self(given: ast.Parameter) -> bool:
    """Whether a parameter is ``self`` as Rust and Python have it, which says not how."""
    written = given.type.type
    return given.name is None and isinstance(written, ast.NamedType) and written.name == "self"


def is_receiver(given: ast.Parameter) -> bool:
    """Whether a parameter is ``self: const``, ``self: mut`` or ``self: own``."""
    written = given.type.type
    return (
        given.name is not None
        and given.name.text == "self"
        and isinstance(written, ast.NamedType)
        and written.name in ("const", "mut", "own")
    )
