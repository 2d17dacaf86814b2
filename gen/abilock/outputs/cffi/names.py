"""What everything of an ABI is called in Python, and how its C members are spelled there."""

from __future__ import annotations

import copy
from enum import Enum
from keyword import iskeyword
from typing import assert_never

from abilock.binding.classify import enum_of
from abilock.binding.contents import Contents
from abilock.binding.forms import NOTHING, Forms, Method
from abilock.binding.shapes import (
    Character,
    Content,
    Enumeration,
    Fixed,
    Form,
    Function,
    Handle,
    Item,
    Number,
    Raw,
    Reference,
    Rows,
    Sentinel,
    Shape,
    Single,
    Span,
    Terminated,
    Until,
    Value,
)
from abilock.model.attributes import Attributes
from abilock.model.decls import EnumDecl, Library
from abilock.model.naming import c_name
from abilock.model.python_names import (
    bound_name,
    data_name,
    fact_name,
    method_name,
    stripped_endings,
    type_name,
)
from abilock.model.types import Type
from abilock.outputs.c_declarations import CNaming, declare
from abilock.outputs.cffi.locals import functions_of

#: Names that the enum module keeps for itself.
_ENUM_RESERVED = frozenset(
    """mro name value as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag is_integer
    numerator real to_bytes""".split()
)


class Role(Enum):
    """Whose word an annotation is: of who gives a value, of the interface that promises one, or of the
    proxy that has one of the other side."""

    GIVEN = "given"
    PROMISED = "promised"
    ARRIVED = "arrived"


class Names:
    """Names of one library."""

    def __init__(self, library: Library, forms: Forms, contents: Contents, naming: CNaming) -> None:
        self._forms = forms
        self._contents = contents
        self.naming = naming
        self._abi = library.attributes
        self._role = Role.GIVEN
        enums = (
            type_name(each.name, each.attributes)
            for each in library.declarations
            if isinstance(each, EnumDecl)
        )
        made = (name for each in library.declarations for name in functions_of(each))
        #: What bodies of functions refer to, so that no parameter may be called so.
        self.taken = frozenset((*enums, *made))

    # --- C, as cffi sees it

    def c(self, name: str) -> str:
        """A member. ex) ``class`` is ``class_``"""
        return self.naming.member(name)

    def at(self, where: str, name: str) -> str:
        """A member of something. ex) ``c.len``, or ``getattr(c, "None")``"""
        member = self.c(name)
        return f"getattr({where}, {member!r})" if iskeyword(member) else f"{where}.{member}"

    def set(self, where: str, name: str, value: str) -> str:
        """The statement that gives a member a value."""
        member = self.c(name)
        if iskeyword(member):
            return f"setattr({where}, {member!r}, {value})"
        return f"{where}.{member} = {value}"

    def ctype(self, type_: Type, suffix: str = "") -> str:
        """A C type. ex) ``FfiStr *``"""
        return declare(type_, suffix, self.naming)

    def struct(self, name: str, suffix: str = "") -> str:
        """A declared type in C. ex) ``FILE_ *``"""
        return f"{c_name(name)}{suffix}"

    # --- Python

    def type(self, name: str) -> str:
        """A declared type's class. ex) ``Source`` for ``@py("Source") vtable SourceVtable``"""
        declared = self._forms.by_name.get(name)
        return self._made(name) if declared is None else type_name(name, declared.attributes)

    def _made(self, name: str) -> str:
        """The name of a function pointer type that has none in the description, after where it stands.

        ex) ``Event_drop`` for ``FfiEvent_drop_fn``
        """
        owners = (each for each in self._forms.by_name if name.startswith(f"{each}_"))
        owner = max(owners, key=len, default=None)
        if owner is None:
            return type_name(name, NOTHING)
        attributes = getattr(self._forms.by_name[owner], "attributes", NOTHING)
        member = name.removeprefix(f"{owner}_")
        for ending in stripped_endings(attributes, self._abi):
            member = member.removesuffix(ending) or member
        return type_name(f"{self.type(owner)}_{member}", NOTHING)

    def member(self, name: str, attributes: Attributes) -> str:
        """A field or parameter."""
        return bound_name(name, attributes)

    def data(self, name: str, attributes: Attributes) -> str:
        """A field of an object."""
        return data_name(name, attributes)

    def fact(self, item: Item) -> str:
        """A field of an error, beside its text."""
        return fact_name(item.name, item.attributes)

    def method(self, method: Method, owner: Attributes) -> str:
        """A function of an object, without the ending that the ABI's names share."""
        endings = stripped_endings(owner, self._abi)
        return method_name(method.name, method.attributes, endings)

    # --- annotations

    def of(self, role: Role) -> Names:
        """The same names, with annotations as they are for this role."""
        made = copy.copy(self)
        made._role = role
        return made

    def reference(self, name: str) -> str:
        """A declared object. ex) ``Source``; ``SourceProxy``, which can be closed, if it arrived"""
        if self._role is Role.ARRIVED and self._forms.form(name) is not Form.RESOURCE:
            return f"{self.type(name)}Proxy"
        return self.type(name)

    def _list(self, element: Shape) -> str:
        # A list of proxies is no list of what proxies are, to a type checker; as a sequence it is.
        is_promised = self._role is Role.PROMISED and _has_objects(element)
        return f"{'Sequence' if is_promised else 'list'}[{self.annotation(element)}]"

    def annotation(self, shape: Shape) -> str:
        """The type that a caller sees. ex) ``list[str]``, ``bytes | None``"""
        match shape:
            case Number(kind=kind):
                return kind
            case Character(wide=wide):
                return "str" if wide else "bytes"
            case Enumeration(name=name):
                return self.type(name)
            case Sentinel(shape=inner):
                return f"{self.annotation(inner)} | None"
            case Terminated(encoding=encoding, nullable=nullable):
                return _maybe("bytes" if encoding == "bytes" else "str", nullable)
            case Until(element=element, nullable=nullable):
                return _maybe(self._list(element), nullable)
            case Span(is_room=True, nullable=nullable):
                return _maybe("memoryview", nullable)
            case Span(nullable=nullable):
                return _maybe(self._content(shape.content, shape.element, shape.encoding), nullable)
            case Rows(span=span, row=row):
                return _maybe(f"list[{self.annotation(row)}]", span.nullable)
            case Fixed():
                return self._content(shape.content, shape.element, shape.encoding)
            case Value(nullable=nullable):
                return _maybe(self.value(shape.name, shape.encoding), nullable)
            case Reference(name=name, nullable=nullable):
                return _maybe(self.reference(name), nullable)
            case Function(name=name, nullable=nullable):
                return _maybe(self.type(name), nullable)
            case Handle(name=name):
                return name
            case Single(shape=inner, nullable=nullable):
                return _maybe(self.annotation(inner), nullable)
            case Raw():
                return "CData"
            case _:
                assert_never(shape)

    def default(self, shape: Shape, value: int | None) -> str:
        """What ``@default`` gives. ex) ``Level(1)``, ``True``, ``None``"""
        if value is None:
            return "None"
        enum = enum_of(shape)
        if enum is not None:
            return f"{self.type(enum)}({value})"
        is_truth = self.annotation(shape).removesuffix(" | None") == "bool"
        return str(bool(value) if is_truth else value)

    def value(self, name: str, encoding: str | None = None) -> str:
        """What a declared struct is to a caller."""
        form = self._forms.form(name)
        if form is Form.TEXT:
            said = encoding or self._contents.view(name).encoding
            return "bytes" if said == "bytes" else "str"
        if form is Form.DATA:
            if self._contents.is_lent_memory(name):
                return "memoryview"
            return "bytes" if encoding in (None, "bytes") else "str"
        if form is Form.LIST:
            view = self._contents.view(name)
            return self._list(view.element)
        if form in (Form.RESULT, Form.OPTIONAL):
            return self.result(name)
        return self.type(name)

    def result(self, name: str) -> str:
        """What success brings."""
        result = self._contents.result(name)
        if result.view is not None:
            text = self._content(result.view.content, result.view.element, result.view.encoding)
        elif len(result.values) == 1:
            text = self.annotation(result.values[0].shape)
        elif result.values:
            text = self.type(name)
        else:
            return "None"
        return _maybe(text, result.found is not None)

    def _content(self, content: Content, element: Shape, encoding: str) -> str:
        if content is Content.LIST:
            return self._list(element)
        if content is Content.TEXT and encoding != "bytes":
            return "str"
        return "bytes"


def enum_member(name: str, attributes: Attributes) -> str:
    """A value's name in a Python enum. ex) ``mro`` is ``mro_``"""
    name = bound_name(name, attributes)
    is_sunder = len(name) > 2 and name[0] == name[-1] == "_"
    return f"{name}_" if name in _ENUM_RESERVED or is_sunder else name


def _has_objects(shape: Shape) -> bool:
    match shape:
        case Reference():
            return True
        case Span(element=element) | Fixed(element=element) | Until(element=element):
            return _has_objects(element)
        case _:
            return False


def _maybe(text: str, nullable: bool) -> str:
    return f"{text} | None" if nullable and not text.endswith("| None") else text
