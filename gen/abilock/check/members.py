"""Structs, unions and vtables: members with their places in a whole.

Guarantee afterwards: a vtable has the members of its convention in place, a slot knows how it takes
its object, bit-fields fit their types, and nothing is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from abilock.check.attribute_scope import Scope, Watched
from abilock.check.attribute_table import Place
from abilock.check.attributes import AttributePass
from abilock.check.constants import ConstantPass, evaluate
from abilock.check.symbols import BUILTIN_TYPES, Symbols, check_name
from abilock.check.type_builder import Position, TypeBuilder, is_bare_self, is_receiver
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.frozen import frozen
from abilock.model import decls, scalars, types
from abilock.model.attributes import NO_ATTRIBUTES, ArgumentValue, Attributes, Number
from abilock.model.types import Aggregate, Doc, Field
from abilock.moved import moving
from abilock.syntax import ast


@frozen
class _Known:
    """What is known of slots that are written alike: how they take their object, and the signature of the
    one that was looked at first, which is so far ``away`` from what was parsed first. ``move`` makes the
    same so many characters further on."""

    receiver: decls.Receiver | None
    signature: types.Signature
    away: int
    move: Callable[[int], types.Signature]


class MemberBuilder:
    """Builds what has members."""

    def __init__(
        self,
        symbols: Symbols,
        constants: ConstantPass,
        attributes: AttributePass,
        type_builder: TypeBuilder,
        report: Report,
        *,
        shares: bool,
    ) -> None:
        self._symbols = symbols
        self._constants = constants
        self._attributes = attributes
        self._types = type_builder
        self._report = report
        self._shares = shares
        #: By how a slot is written.
        self._signatures: dict[object, _Known] = {}

    def record(
        self,
        name: str,
        written_name: ast.Name | None,
        is_union: bool,
        members: tuple[ast.Member, ...],
        decor: ast.Decor,
        place: Place,
    ) -> Aggregate:
        scope = Scope.of_members(members)
        fields: list[Field] = []
        for index, member in enumerate(members):
            if isinstance(member, ast.Field):
                fields.append(self._field(member, name, index, scope))
            else:
                self._report.add(
                    catalog.SLOT_OUTSIDE,
                    member.span,
                    f"a {'union' if is_union else 'struct'} has fields only",
                    hint="`fn name(…)` stands in a vtable; here, write `name: fn(…) -> T`",
                )
        span = written_name.span if written_name is not None else None
        if not any(map(_is_named, members)) and all(
            isinstance(member, ast.Field) for member in members
        ):
            self._report.add(
                catalog.EMPTY_AGGREGATE,
                span,
                f"{place.value} needs a member with a name: C has no empty types",
                hint=f"a type whose inside is not known is `opaque {name};`"
                if "." not in name
                else "leave it out, or give it a member",
            )
        attributes = self._attributes.read(decor.attributes, place, scope)
        packed, align = self._packing(decor, attributes)
        self._check_packing(fields, packed, align, decor)
        return Aggregate(name, is_union, tuple(fields), packed, align, doc(decor), attributes, span)

    def _packing(self, decor: ast.Decor, attributes: Attributes) -> tuple[int | None, int | None]:
        packed = attributes.get("packed")
        align = attributes.get("align")
        return (
            None if packed is None else first_number(packed.arguments, 1),
            None if align is None else first_number(align.arguments, 1),
        )

    def _check_packing(
        self, fields: Sequence[Field], packed: int | None, align: int | None, decor: ast.Decor
    ) -> None:
        if packed is None:
            return
        place = next(a.span for a in decor.attributes if a.name.text == "packed")
        asked = [field for field in fields if field.align is not None]
        if asked:
            self._report.add(
                catalog.PACKED_ALIGNED,
                place,
                f"`@packed` here and `@align` on `{asked[0].name}` contradict each other, and compilers"
                " disagree on which wins",
                hint="drop one of them, or write the padding as a field",
            )

    def vtable(self, declared: ast.VtableDecl) -> decls.Vtable | None:
        gaps = [member for member in declared.members if isinstance(member, ast.Gap)]
        if declared.is_convention:
            if len(gaps) != 1:
                self._report.add(
                    catalog.BAD_GAP,
                    gaps[1].span if gaps else declared.name.span,
                    "a convention has exactly one `...`, where a vtable's own members go",
                    hint="for example `{ state: *mut void, ... drop fn drop(self: own) }`",
                )
            return None
        for gap in gaps:
            self._report.add(
                catalog.BAD_GAP,
                gap.span,
                "`...` stands in a `vtable convention` only",
                hint="a variadic function has its `...` inside the parentheses",
            )
        written = self._with_convention(declared)
        scope = Scope.of_members(written)
        members: list[decls.Member] = []
        for index, member in enumerate(written):
            if isinstance(member, ast.Slot):
                members.append(self._slot(member, scope))
            elif isinstance(member, ast.Field):
                members.append(self._field(member, declared.name.text, index, scope))
        if not members:
            self._report.add(
                catalog.EMPTY_AGGREGATE,
                declared.name.span,
                "a vtable needs a member: C has no empty types",
                hint="for example `fn name(self: const) -> u32;`",
            )
        given: Sequence[ast.Attribute] = declared.decor.attributes
        if declared.convention is not None and self._convention_gap(declared.convention) is None:
            given = _without_unknown(given, scope)
        attributes = self._attributes.read(given, Place.VTABLE, scope)
        self._check_context(declared, members, attributes)
        return decls.Vtable(
            declared.name.text,
            tuple(members),
            declared.convention.text if declared.convention is not None else None,
            doc(declared.decor),
            attributes,
            declared.name.span,
        )

    def _with_convention(self, declared: ast.VtableDecl) -> tuple[ast.Member, ...]:
        if declared.convention is None:
            return declared.members
        name = declared.convention
        shared = self._symbols.visible(name.text, name.span.file)
        if not isinstance(shared, ast.VtableDecl) or not shared.is_convention:
            known = [
                known
                for known, other in self._symbols.declarations.items()
                if isinstance(other, ast.VtableDecl) and other.is_convention
            ]
            if shared is None and name.text in self._symbols.broken:
                pass
            elif shared is None:
                self._report.add(
                    catalog.UNKNOWN_NAME,
                    name.span,
                    f"unknown vtable convention `{name.text}`",
                    hint=self._symbols.hint(name.text, name.span.file, known)
                    or f"declare it: `vtable convention {name.text} {{ state: *mut void, ... }}`",
                )
            else:
                self._report.add(
                    catalog.NOT_A_CONVENTION,
                    name.span,
                    f"`{name.text}` is not a vtable convention",
                    hint="a convention is declared with `vtable convention NAME { … ... … }`",
                )
            return declared.members
        gap = self._convention_gap(name)
        if gap is None:
            return declared.members
        leading, trailing = shared.members[:gap], shared.members[gap + 1 :]
        shared_names = {
            member.name.text for member in (*leading, *trailing) if not isinstance(member, ast.Gap)
        }
        for member in declared.members:
            if not isinstance(member, ast.Gap) and member.name.text in shared_names:
                self._report.add(
                    catalog.DUPLICATE_NAME,
                    member.name.span,
                    f"`{member.name.text}` is a member of the convention `{name.text}` already",
                    hint="rename it, or leave it out",
                )
        return (*leading, *declared.members, *trailing)

    def _convention_gap(self, name: ast.Name) -> int | None:
        """Where the ``...`` of a convention is, or None if the name means no usable convention."""
        shared = self._symbols.visible(name.text, name.span.file)
        if not isinstance(shared, ast.VtableDecl) or not shared.is_convention:
            return None
        return next((i for i, m in enumerate(shared.members) if isinstance(m, ast.Gap)), None)

    def _check_context(
        self, declared: ast.VtableDecl, members: Sequence[decls.Member], attributes: Attributes
    ) -> None:
        if any(isinstance(member, Field) and member.name == "state" for member in members):
            return
        if attributes.has("object") or attributes.has("context"):
            return
        if declared.convention is not None and self._convention_gap(declared.convention) is None:
            return  # the context may be what is missing of the convention
        for member in members:
            if isinstance(member, decls.Slot) and member.receiver is not None:
                self._report.add(
                    catalog.NO_CONTEXT,
                    member.span,
                    f"`{member.name}` takes `self`, but `{declared.name.text}` has no `state` field",
                    hint="say where the context comes from: `@object(field)` or `@context` on the vtable",
                )
                return

    def _slot(self, member: ast.Slot, scope: Scope) -> decls.Slot:
        receiver, signature, away = self._function(member, scope)
        decor = member.decor
        attributes = NO_ATTRIBUTES
        if decor.attributes:
            inner = Scope.of_parameters(member.signature.parameters, scope.siblings)
            attributes = self._attributes.read(decor.attributes, Place.SLOT, inner)
        return decls.Slot(
            member.name.text,
            signature,
            receiver,
            member.optional,
            member.drop,
            doc(decor),
            attributes,
            member.name.span,
            away,
        )

    def _function(
        self, member: ast.Slot, scope: Scope
    ) -> tuple[decls.Receiver | None, types.Signature, int]:
        """How a slot takes its object, its signature, and how far behind that it stands. Of signatures that
        are written alike, one is looked at, unless there is something to say of it, or it depends on what
        stands around it."""
        convention = member.convention.value if member.convention is not None else None
        key = id(member.alike), convention, member.drop
        known = self._signatures.get(key)
        if known is None:
            said, around = self._report.said, Watched(scope.siblings)
            receiver = self._receiver(member)
            if member.drop and receiver is None:
                self._report.add(
                    catalog.BAD_SELF,
                    member.name.span,
                    f"`{member.name.text}` ends the object, so it takes `self`",
                    hint="write `self: own` as its first parameter",
                )
            inner = Scope.of_parameters(member.signature.parameters, around)
            built = self._types.signature(member.signature, member.convention, inner, receiver)
            if self._report.said == said and not around.was_asked:
                self._signatures[key] = _Known(receiver, built, member.away, moving(built))
            return receiver, built, 0
        away = member.away - known.away
        if self._shares:
            return known.receiver, known.signature, away
        return known.receiver, known.move(away), 0

    def _receiver(self, member: ast.Slot) -> decls.Receiver | None:
        parameters = member.signature.parameters
        if not parameters:
            return None
        written = parameters[0].type.type
        if is_receiver(parameters[0]) and isinstance(written, ast.NamedType):
            return decls.Receiver(written.name)
        if not is_bare_self(parameters[0]):
            return None
        self._report.add(
            catalog.BAD_SELF,
            parameters[0].span,
            "`self` says not how the slot takes its object",
            hint="write `self: own`, which ends it"
            if member.drop
            else "write `self: const`, `self: mut`, or `self: own` if the object is gone afterwards",
        )
        return decls.Receiver.OWN if member.drop else decls.Receiver.MUT

    def _field(self, member: ast.Field, owner: str, index: int, scope: Scope) -> Field:
        anonymous = member.name.text == "_"
        written = member.type.type
        if isinstance(written, ast.AggregateType):
            inner_name = f"anonymous_{index}" if anonymous else member.name.text
            built: types.Type = types.Nested(
                self.record(
                    f"{owner}.{inner_name}",
                    member.name,
                    written.is_union,
                    written.members,
                    ast.Decor(),
                    Place.UNION if written.is_union else Place.STRUCT,
                )
            )
        else:
            built = self._types.build(written, Position.MEMBER)
        self._types.check_own(member.type, built)
        attributes = self._attributes.read(member.decor.attributes, Place.FIELD, scope)
        of_type = self._attributes.read(member.type.attributes, Place.FIELD_TYPE, scope, written)
        bits = self._bits(member, built)
        align = attributes.get("align")
        if align is not None and member.bits is not None:
            self._report.add(
                catalog.MISPLACED_ATTRIBUTE,
                member.span,
                "`@align` on a bit-field: compilers disagree on what it means",
                hint="close the unit with `_: T : 0` instead",
            )
        if align is not None and isinstance(built, types.Nested):
            self._report.add(
                catalog.MISPLACED_ATTRIBUTE,
                member.span,
                "`@align` on a member whose type is written out: compilers align the one or the other",
                hint="declare the type with `@align` and a name, and use the name here",
            )
        return Field(
            None if anonymous else member.name.text,
            built,
            member.type.own,
            bits,
            None if align is None else first_number(align.arguments, 1),
            doc(member.decor),
            attributes | of_type,
            member.name.span,
        )

    def _is_unknown(self, written: ast.Type) -> bool:
        """Whether a type was reported as one that nothing declares."""
        return (
            isinstance(written, ast.NamedType)
            and written.name not in BUILTIN_TYPES
            and self._symbols.visible(written.name, written.span.file) is None
        )

    def _bits(self, member: ast.Field, built: types.Type) -> int | None:
        if member.bits is None:
            if member.name.text == "_" and not isinstance(built, types.Nested):
                check_name(member.name, self._report)
            return None
        width = evaluate(member.bits, self._constants.lookup(member.name.span.file), self._report)
        if width is None:
            return 1
        scalar = self._plain_scalar(member.type.type)
        if scalar is None and self._is_unknown(member.type.type):
            return 1
        if scalar is None:
            self._report.add(
                catalog.BAD_BIT_WIDTH,
                member.type.span,
                "a bit-field is of an integer type or `bool`",
                hint=self._bits_hint(member.type.type),
            )
            return 1
        most = 1 if scalar == "bool" else scalars.NARROWEST_BITS[scalar]
        least = 0 if member.name.text == "_" else 1
        if not least <= width <= most:
            self._report.add(
                catalog.BAD_BIT_WIDTH,
                member.bits.span,
                f"a bit-field of `{scalar}` has {least} to {most} bits"
                if width != 0
                else "a bit-field of width 0 has no name: it only closes the unit",
                hint="write `_` for its name"
                if width == 0
                else f"write {least} to {most}, or choose a wider type",
            )
            return 1
        return width

    def _bits_hint(self, written: ast.Type) -> str:
        if isinstance(written, ast.NamedType):
            declared = self._symbols.visible(written.name, written.span.file)
            if isinstance(declared, ast.EnumDecl):
                width = declared.width.name if declared.width is not None else "c_int"
                return f"for an enum, write its integer type: `{width} @as({written.name})`"
        return "choose an integer type such as `u32`"

    def _plain_scalar(self, written: ast.Type) -> str | None:
        """The integer scalar or ``bool`` that a type means, aliases followed."""
        if not isinstance(written, ast.NamedType):
            return None
        return "bool" if written.name == "bool" else self._constants.integer_alias(written)


def first_number(arguments: Sequence[ArgumentValue], default: int) -> int:
    """The first argument if it is a number."""
    for argument in arguments[:1]:
        if isinstance(argument, Number):
            return argument.value
    return default


def _without_unknown(given: Sequence[ast.Attribute], scope: Scope) -> tuple[ast.Attribute, ...]:
    """Those attributes that name no member of a convention which is missing or broken."""
    return tuple(
        attribute
        for attribute in given
        if all(
            not isinstance(argument, ast.Reference) or argument.parts[0] in scope.siblings
            for argument in attribute.arguments
        )
    )


def _is_named(member: ast.Member) -> bool:
    """Whether a member has a name, or should: only padding bits and nested ones go without."""
    return not isinstance(member, ast.Field) or (
        member.name.text != "_"
        or member.bits is None
        or isinstance(member.type.type, ast.AggregateType)
    )


def doc(decor: ast.Decor) -> Doc:
    return Doc(decor.docs)
