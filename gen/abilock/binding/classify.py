"""From types and attributes to shapes: one member, or a member with its companions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from abilock.binding.forms import NOTHING, Forms, words
from abilock.binding.shapes import (
    Character,
    Content,
    Enumeration,
    Fixed,
    Form,
    Function,
    Item,
    Number,
    Raw,
    Reference,
    Release,
    Rows,
    Sentinel,
    Shape,
    Single,
    Span,
    Terminated,
    Until,
    Value,
)
from abilock.model.attributes import Applied, Attribute, Attributes, Below, Formula, Word
from abilock.model.attributes import Number as Numeral
from abilock.model.decls import EnumDecl, Opaque, Vtable
from abilock.model.scalars import FLOAT_SCALARS
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    FunctionPointer,
    Named,
    Nested,
    Parameter,
    Pointer,
    Scalar,
    Type,
    Void,
)

Member: TypeAlias = Field | Parameter

#: Element types that are bytes together, and those that are text.
_BYTES = frozenset({"u8", "i8", "c_uchar", "c_schar"})
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*(?:::\w+)?")
_ENCODINGS = {
    "utf8": "utf-8",
    "utf8_lossy": "utf-8",
    "ascii": "ascii",
    "latin1": "latin-1",
    "filename": "abi_filename",
}


class Classifier:
    """Shapes of the members of one library."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms

    def items(self, members: Sequence[Member], around: Attributes = NOTHING) -> tuple[Item, ...]:
        """What a caller sees of members that stand together; companions are in their item only.

        ``around``: the attributes of the type that the members are fields of.
        """
        named = [each for each in members if each.name is not None]
        shapes = [(each, self._member(each, named, around)) for each in named]
        hidden = {name for _, shape in shapes for name in companions(shape)}
        return tuple(
            Item(
                each.name,
                shape,
                companions(shape),
                *self.default(shape, each.attributes),
                each.attributes,
                each.doc,
            )
            for each, shape in shapes
            if each.name is not None and each.name not in hidden
        )

    def default(self, shape: Shape, attributes: Attributes) -> tuple[int | None, bool]:
        """The number that ``@default`` gives, and whether it gives something; ``null`` is None."""
        given = attributes.get("default")
        if given is None:
            return None, False
        match given.arguments[0]:
            case Numeral(value=value):
                return value, True
            case Word(text="null"):
                return None, True
            case Word(text=text):
                return self._named_number(text, shape), True
        raise AssertionError(f"no default: {given}")

    def _named_number(self, text: str, shape: Shape) -> int:
        """The number of a truth value, of a value of the shape's enum, or of a constant."""
        if text in ("true", "false"):
            return int(text == "true")
        enum = enum_of(shape)
        is_value = enum is not None and text not in self._forms.by_name
        return self._forms.number(f"{enum}::{text}" if is_value else text)

    def _member(self, member: Member, beside: Sequence[Member], around: Attributes) -> Shape:
        """What a member is, knowing those that it names."""
        shape = self.shape(member.type, member.attributes, member.own, around)
        if isinstance(shape, Span) and isinstance(member, Parameter):
            shape = replace(shape, is_room=_is_room(shape, member))
        if isinstance(shape, Function) and shape.context is not None:
            ends = words(member.attributes.get("destroy"))
            found = {each.name: each.type for each in beside}
            if ends and ends[0] in found:
                return replace(shape, ends=ends[0], ends_type=found[ends[0]])
        if isinstance(shape, Number) and isinstance(member, Field):
            return replace(shape, in_bits=member.bits is not None)
        lengths = words(member.attributes.get("lens"))
        if not lengths or not isinstance(shape, Span):
            return shape
        pointer, _ = self._forms.resolve(shape.element_type, NOTHING)
        array = next(each.type for each in beside if each.name == lengths[0])
        if not isinstance(pointer, Pointer) or not isinstance(array, Pointer):
            return shape
        length = Attribute("len", (Word(lengths[0]),))
        encoding = (each for each in member.attributes.all if each.name == "encoding")
        row = self.shape(pointer, Attributes((length, *encoding)), own=False)
        assert isinstance(row, Span)
        return Rows(shape, row, lengths[0], array.pointee)

    def shape(
        self, type_: Type, attributes: Attributes, own: bool, around: Attributes = NOTHING
    ) -> Shape:
        """What one member is."""
        own = self._forms.owns(type_, own)
        handle = self._forms.handle_alias(type_)
        resolved, attributes = self._forms.resolve(type_, attributes)
        if handle is not None:
            return self._handle(handle, resolved, attributes, own)
        shape = self._shape(resolved, attributes, own, around)
        return self._absent(attributes.get("none"), shape, resolved)

    def _absent(self, given: Attribute | None, shape: Shape, type_: Type) -> Shape:
        """The same, with the value that stands for nothing."""
        pointer = type_ if isinstance(type_, Pointer) else None
        match given.arguments[0] if given is not None else None:
            case Numeral(value=value):
                return Sentinel(shape, value, pointer=pointer)
            case Below(operator=operator, value=value):
                return Sentinel(shape, value, operator)
            case Word(text=text) if text not in ("null", "nonnull", "empty"):
                return Sentinel(shape, self._named_number(text, shape))
            case _:
                return shape

    def _handle(self, name: str, type_: Type, attributes: Attributes, own: bool) -> Shape:
        """A handle that is a number or an untyped pointer."""
        nullable = isinstance(type_, Pointer) and type_.nullable
        shape = _resource(name, nullable, attributes, own)
        return self._absent(attributes.get("none") or attributes.get("invalid"), shape, type_)

    def _shape(self, type_: Type, attributes: Attributes, own: bool, around: Attributes) -> Shape:
        match type_:
            case Scalar():
                return self._scalar(type_, attributes)
            case Named():
                return self._named(type_, attributes, own)
            case Pointer():
                return self._pointer(type_, attributes, own, around)
            case Array():
                return self._array(type_, attributes)
            case FunctionPointer(nullable=nullable):
                name = self._forms.inline_name(type_.signature)
                return self._function(name, attributes, nullable)
            case Nested() | Void():
                return Raw(type_, by_value=True)

    def _scalar(self, type_: Scalar, attributes: Attributes) -> Shape:
        enum = words(attributes.get("as"))
        if enum:
            return Enumeration(enum[0])
        if type_.name in ("c_char", "wchar_t"):
            return Character(wide=type_.name == "wchar_t")
        if type_.name == "bool":
            return Number("bool")
        return Number("float" if type_.name in FLOAT_SCALARS else "int")

    def _named(self, type_: Named, attributes: Attributes, own: bool) -> Shape:
        declared = self._forms.declaration(type_.name)
        if isinstance(declared, EnumDecl):
            return Enumeration(declared.name)
        if isinstance(declared, (Aggregate, Vtable)):
            form = self._forms.form(declared.name)
            if form is Form.RAW:
                return Raw(type_, by_value=True)
            if form in (Form.OBJECT, Form.PAIR):
                if self._forms.is_own_context(declared.name):
                    # A copy is at another address, so it is another object.
                    return Raw(type_, by_value=True)
                return Reference(declared.name, False, False, own, _until(attributes) == "call")
            if form is Form.RESOURCE:
                kind = self._forms.handles.kinds.get(declared.name)
                if kind is None or not kind.by_value:
                    return Raw(type_, by_value=True)
                return _resource(declared.name, False, attributes, own)
            return Value(declared.name, encoding=encoding_of(attributes))
        if isinstance(declared, Opaque):
            return Raw(type_, by_value=True)
        return self._function(type_.name, attributes, type_.nullable)

    def _function(self, name: str, attributes: Attributes, nullable: bool) -> Shape:
        at_use = words(attributes.get("ctx"))
        scope = attributes.get("scope")
        word = scope.arguments[0] if scope is not None else None
        said = word.text if isinstance(word, Word) else "drop"
        if isinstance(word, Applied) and isinstance(word.arguments[0], Word):
            said = f"until({word.arguments[0].text})"
        return Function(name, at_use[0] if at_use else None, said, nullable)

    # --- pointers

    def _pointer(
        self, type_: Pointer, attributes: Attributes, own: bool, around: Attributes
    ) -> Shape:
        release = self._forms.release(attributes, around) if own else Release()
        encoding = encoding_of(attributes) or "utf-8"
        if attributes.has("nul"):
            return Terminated(encoding, type_.nullable, release)
        if (last := attributes.get("until_value")) is not None:
            numeral = last.arguments[0]
            assert isinstance(numeral, Numeral)
            element = self.shape(type_.pointee, Attributes(), False)
            return Until(element, type_.pointee, numeral.value, type_.nullable, release)
        for name in ("len", "size"):
            if (length := attributes.get(name)) is not None:
                return self._span(type_, length, attributes, own, release)
        if target := words(attributes.get("to")):
            made = self._reference(Named(target[0]), type_, attributes, own)
            return replace(made, untyped=True) if isinstance(made, (Reference, Value)) else made
        pointee, _ = self._forms.resolve(type_.pointee, Attributes())
        if isinstance(pointee, Named):
            return self._reference(pointee, type_, attributes, own)
        if isinstance(pointee, Scalar) and _is_read(type_, attributes) and not own:
            shape = self._scalar(pointee, attributes)
            if not isinstance(shape, Character):
                return Single(shape, pointee, type_.nullable)
        is_lasting = attributes.has("pinned") or _until(attributes) not in (None, "call")
        is_place = isinstance(pointee, Scalar) and type_.mutable and is_lasting and not own
        return Raw(type_, is_place=is_place and not attributes.has("out"))

    def _reference(
        self, pointee: Named, type_: Pointer, attributes: Attributes, own: bool
    ) -> Shape:
        declared = self._forms.declaration(pointee.name)
        if isinstance(declared, EnumDecl) and _is_read(type_, attributes):
            return Single(Enumeration(declared.name), pointee, type_.nullable)
        if not isinstance(declared, (Aggregate, Vtable, Opaque)):
            return Raw(type_)
        form = self._forms.form(declared.name)
        if form is Form.RAW:
            return Raw(type_)
        kind = self._forms.handles.kinds.get(declared.name)
        if kind is not None and kind.by_value:
            return Raw(type_)
        if form in (Form.OBJECT, Form.PAIR, Form.RESOURCE):
            return _resource(declared.name, type_.nullable, attributes, own)
        release = self._forms.release(attributes, declared.attributes) if own else Release()
        return Value(declared.name, True, type_.nullable, release, encoding_of(attributes))

    def _span(
        self,
        type_: Pointer,
        length: Attribute,
        attributes: Attributes,
        own: bool,
        release: Release,
    ) -> Shape:
        (argument,) = length.arguments
        text, names = self._formula(argument)
        element_type, _ = self._forms.resolve(type_.pointee, Attributes())
        element = self.shape(type_.pointee, Attributes(), own)
        if own and not release.is_known:
            release = self._release_of(element_type)
        if release.member is not None:
            release = replace(release, arguments=names)
        content = _content(element_type)
        counter = names[0] if text in names else None
        # Who hands over a counted list says with the count that it is empty: null adds nothing.
        is_counted = own and content is Content.LIST and counter is not None
        return Span(
            content=content,
            element=element,
            element_type=type_.pointee,
            length=text,
            names=names,
            counter=counter,
            encoding=encoding_of(attributes) or "utf-8",
            mutable=type_.mutable,
            nullable=type_.nullable and not is_counted,
            release=release,
            in_bytes=length.name == "size",
        )

    def _formula(self, argument: object) -> tuple[str, tuple[str, ...]]:
        """An expression in which only members are names, and which they are."""
        match argument:
            case Formula(text=text, names=names):
                return _IDENTIFIER.sub(lambda word: self._known(word[0], names), text), names
            case Word(text=text):
                return text, (text,)
            case Numeral(value=value):
                return str(value), ()
        raise AssertionError(f"no length: {argument}")

    def _known(self, word: str, names: tuple[str, ...]) -> str:
        return word if word in names else str(self._forms.number(word))

    def _release_of(self, type_: Type) -> Release:
        if isinstance(type_, Named):
            return self._forms.release(Attributes(), self._forms.attributes(type_.name))
        return Release()

    def _array(self, type_: Array, attributes: Attributes) -> Shape:
        element = self.shape(type_.element, Attributes(), False)
        element_type, _ = self._forms.resolve(type_.element, Attributes())
        content = _content(element_type)
        if attributes.has("encoding") and content is Content.DATA:
            content = Content.TEXT
        return Fixed(content, element, type_.length, encoding_of(attributes) or "utf-8")


def _resource(name: str, nullable: bool, attributes: Attributes, own: bool) -> Reference:
    """What a pointer leads to, or a handle that is all that anybody has of it."""
    return Reference(
        name,
        True,
        nullable,
        own,
        lent=_until(attributes) == "call",
        pinned=attributes.has("pinned"),
        on_success=words(attributes.get("consumed")) == ("success",),
    )


def companions(shape: Shape) -> tuple[str, ...]:
    """The members that a shape speaks for besides its own."""
    match shape:
        case Rows(span=span, lengths=lengths):
            return (*companions(span), lengths)
        case Span(counter=str(counter)):
            hidden = (counter,)
            return hidden if shape.release.member is None else (*hidden, shape.release.member)
        case Function(context=str(context), ends=ends):
            return (context,) if ends is None else (context, ends)
        case Sentinel(shape=inner):
            return companions(inner)
        case _:
            return ()


def _is_read(type_: Pointer, attributes: Attributes) -> bool:
    """Whether what is behind a pointer is there to be read."""
    return not type_.mutable or attributes.has("inout")


def _is_room(shape: Span, member: Parameter) -> bool:
    """Whether it is bytes that the callee may change where they are."""
    is_lent = shape.mutable and not member.own and not shape.release.is_known
    written = ("out", "inout", "capacity")
    return (
        is_lent
        and shape.content is Content.DATA
        and not any(member.attributes.has(word) for word in written)
    )


def enum_of(shape: Shape) -> str | None:
    """The enum that a value is of."""
    match shape:
        case Enumeration(name=name):
            return name
        case Sentinel(shape=inner) | Single(shape=inner):
            return enum_of(inner)
        case _:
            return None


def _content(type_: Type) -> Content:
    if isinstance(type_, Scalar) and type_.name == "c_char":
        return Content.TEXT
    if isinstance(type_, Void) or (isinstance(type_, Scalar) and type_.name in _BYTES):
        return Content.DATA
    return Content.LIST


def encoding_of(attributes: Attributes) -> str | None:
    """Python's name of the encoding that is said, ``bytes`` for none."""
    given = words(attributes.get("encoding"))
    return _ENCODINGS.get(given[0], given[0]) if given else None


def _until(attributes: Attributes) -> str | None:
    given = attributes.get("until")
    if given is None:
        return None
    word = given.arguments[0]
    return word.text if isinstance(word, Word) else None
