"""One home for C declarations: every type, name and literal of C text is made here.

The header, the layout tests and cffi's cdef share it; they differ only in their ``CNaming``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import assert_never

from abilock.model.attributes import Attributes
from abilock.model.c_names import declared_c_name, given_c_name, member_c_names, taken_names
from abilock.model.decls import Constant, Library
from abilock.model.naming import c_member, c_name
from abilock.model.scalars import SIGNED_SCALARS
from abilock.model.types import (
    Array,
    FunctionPointer,
    Named,
    Nested,
    Parameter,
    Pointer,
    Scalar,
    Signature,
    Type,
    Void,
)

#: ``usize`` counts things, so it is ``size_t``; its pointer-sized twin is then ``ptrdiff_t``.
C_SCALARS: Mapping[str, str] = {
    "bool": "bool",
    **{f"i{bits}": f"int{bits}_t" for bits in (8, 16, 32, 64)},
    **{f"u{bits}": f"uint{bits}_t" for bits in (8, 16, 32, 64)},
    "isize": "ptrdiff_t",
    "usize": "size_t",
    "f32": "float",
    "f64": "double",
    "c_char": "char",
    "c_schar": "signed char",
    "c_uchar": "unsigned char",
    "c_short": "short",
    "c_ushort": "unsigned short",
    "c_int": "int",
    "c_uint": "unsigned int",
    "c_long": "long",
    "c_ulong": "unsigned long",
    "c_longlong": "long long",
    "c_ulonglong": "unsigned long long",
    "c_float": "float",
    "c_double": "double",
    "size_t": "size_t",
    "ptrdiff_t": "ptrdiff_t",
    "wchar_t": "wchar_t",
}

_LONG_SUFFIXES = {"i64": "ll", "u64": "ull", "c_long": "l", "c_ulong": "ul"}
_LONG_SUFFIXES |= {"c_longlong": "ll", "c_ulonglong": "ull"}


#: What is said of parameters: they have no other name in C.
NOTHING = Attributes()


@dataclass(frozen=True, slots=True)
class CNaming:
    """How one output spells names.

    ``taken``: names of types and macros. A member or parameter of such a name would change what the
    name means in C++, or be replaced by the preprocessor, so it gets an underscore.
    ``names`` and ``members``: those that the description gives for C, by those that it has itself.
    ``conventions``: what stands before a function's name for each calling convention, in the
    parentheses that make an attribute that of the function if ``parenthesised``.
    """

    taken: frozenset[str] = frozenset()
    conventions: Mapping[str, str] = field(default_factory=dict)
    parenthesised: bool = True
    names: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[tuple[str, str], tuple[str | None, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        library: Library,
        conventions: Mapping[str, str] | None = None,
        *,
        parenthesised: bool = True,
    ) -> CNaming:
        """The names that a library has in C."""
        return cls(
            taken_names(library),
            conventions or {},
            parenthesised,
            {each.name: declared_c_name(each) for each in library.declarations},
            member_c_names(library),
        )

    def name(self, name: str) -> str:
        """A declared name. ex) ``Plugin`` is ``clap_plugin``, ``FILE`` is ``FILE_``"""
        return self.names.get(name) or c_name(name)

    def member(self, name: str, attributes: Attributes = NOTHING) -> str:
        """A field, slot or parameter. ex) ``class`` is ``class_``"""
        given = given_c_name(attributes)
        return given if given is not None else c_member(name, self.taken)

    def dotted(self, owner: str, name: str) -> str:
        """A member of a type. ex) ``head.class`` is ``head.class_``"""
        given = self.members.get((owner, name), ())
        parts = zip_longest(name.split("."), given)
        return ".".join(own or self.member(part) for part, own in parts)

    def convention(self, name: str) -> str:
        """ex) ``DRASI_STDCALL `` or nothing"""
        prefix = self.conventions.get(name)
        return f"{prefix} " if prefix else ""


@dataclass(frozen=True, slots=True)
class Declarator:
    """A declaration, taken apart: ``const char`` and ``*name[4]``.

    ``parameters`` is None unless it declares a function or a pointer to one; then they stand between
    ``head`` and ``tail``.
    """

    base: Type
    const: bool
    head: str
    parameters: tuple[str, ...] | None = None
    tail: str = ""

    @property
    def text(self) -> str:
        return f"{self.head}{', '.join(self.parameters or ())}{self.tail}"


def declare(type_: Type, name: str, naming: CNaming) -> str:
    """``name`` as something of this type; an empty name gives the type itself.

    ex) ``const uint8_t (*key)[32]``, ``void (*(*get)(int32_t))(void)``, ``char **``
    """
    return _join(take_apart(type_, name, naming), naming)


def declare_lines(
    type_: Type, name: str, naming: CNaming, width: int, *, const: bool = False
) -> tuple[str, ...]:
    """As ``declare``; a parameter list that makes the line too long has a line per parameter."""
    return _wrap(take_apart(type_, name, naming, const), naming, width)


def prototype_lines(
    signature: Signature, name: str, naming: CNaming, width: int
) -> tuple[str, ...]:
    """ex) ``int32_t shop_open(uint32_t version)``"""
    convention = naming.convention(signature.convention)
    declarator = f"{convention}{name}"
    if convention and naming.parenthesised:
        declarator = f"({declarator})"
    return _wrap(_function(signature, declarator, naming), naming, width)


def take_apart(type_: Type, name: str, naming: CNaming, const: bool = False) -> Declarator:
    """The innermost type and everything around the name; ``const`` qualifies ``type_`` itself."""
    match type_:
        case Void() | Scalar() | Named() | Nested():
            return Declarator(type_, const, name)
        case Pointer():
            inner = f"*{_const(const, name)}{name}"
            if isinstance(type_.pointee, Array):
                inner = f"({inner})"
            return take_apart(type_.pointee, inner, naming, not type_.mutable)
        case Array():
            return take_apart(type_.element, f"{name}[{type_.length}]", naming, const)
        case FunctionPointer():
            convention = naming.convention(type_.signature.convention)
            inner = f"({convention}*{_const(const, name)}{name})"
            return _function(type_.signature, inner, naming)
        case _:
            assert_never(type_)


def spell(type_: Type, naming: CNaming) -> str:
    """The name of a type that has one. ex) ``uint32_t``"""
    match type_:
        case Void():
            return "void"
        case Scalar():
            return C_SCALARS[type_.name]
        case Named():
            return naming.name(type_.name)
        case Nested():
            return "union" if type_.aggregate.is_union else "struct"
        case Pointer() | Array() | FunctionPointer():
            raise ValueError(f"{type_} has a declarator")
        case _:
            assert_never(type_)


def integer_literal(value: int, scalar: str, *, hexadecimal: bool = False) -> str:
    """A literal of a type that holds the scalar, usable in ``#if``: so no cast, no name.

    ex) ``512u``, ``(-1)``, ``0x80ull``, ``(-2147483647 - 1)``
    """
    suffix = _LONG_SUFFIXES.get(scalar, "" if scalar in SIGNED_SCALARS else "u")
    if scalar in ("c_char", "wchar_t"):
        suffix = ""
    if not suffix.endswith("ll") and not -(2**31) <= value < 2 ** (32 if "u" in suffix else 31):
        suffix = suffix.removesuffix("l") + "ll"
    if value >= 0:
        return f"{value:#x}{suffix}" if hexadecimal else f"{value}{suffix}"
    # The literal 2147483648 does not fit an int, negated or not.
    if value in (-(2**31), -(2**63)):
        return f"(-{-value - 1}{suffix} - 1)"
    return f"(-{-value}{suffix})"


def string_literal(text: str) -> str:
    r"""ASCII only, in every source character set; octal escapes end after three digits, ``\x`` does
    not.

    ex) ``"caf\303\251"``
    """
    return '"' + "".join(_escape(byte) for byte in text.encode()) + '"'


def constant_literal(constant: Constant) -> str:
    """ex) ``512u``, ``"text"``"""
    if isinstance(constant.value, str):
        return string_literal(constant.value)
    return integer_literal(constant.value, constant.type)


def _function(signature: Signature, declarator: str, naming: CNaming) -> Declarator:
    """What the function returns is declared by a declarator that calls."""
    parameters = [_parameter(parameter, naming) for parameter in signature.parameters]
    if signature.variadic:
        parameters.append("...")
    mark = "\0"
    result = signature.result.type if signature.result else Void()
    returned = take_apart(result, mark, naming)
    # The result's own parameters, if it has any, are around the mark already.
    before, _, after = returned.text.partition(mark)
    head, tail = f"{before}{declarator}(", f"){after}"
    return Declarator(returned.base, returned.const, head, tuple(parameters) or ("void",), tail)


def _parameter(parameter: Parameter, naming: CNaming) -> str:
    name = naming.member(parameter.name) if parameter.name else ""
    return declare(parameter.type, name, naming)


def _const(const: bool, name: str) -> str:
    if not const:
        return ""
    return "const " if name else "const"


def base_text(parts: Declarator, naming: CNaming) -> str:
    """ex) ``const char``"""
    name = spell(parts.base, naming)
    return f"const {name}" if parts.const else name


def _join(parts: Declarator, naming: CNaming) -> str:
    return f"{base_text(parts, naming)} {parts.text}".rstrip()


def _wrap(parts: Declarator, naming: CNaming, width: int) -> tuple[str, ...]:
    line = _join(parts, naming)
    if len(line) <= width or parts.parameters is None:
        return (line,)
    *others, last = parts.parameters
    head = f"{base_text(parts, naming)} {parts.head}"
    return (head, *(f"    {other}," for other in others), f"    {last}{parts.tail}")


def _escape(byte: int) -> str:
    char = chr(byte)
    if char in '"\\?':  # a question mark might begin a trigraph
        return f"\\{char}"
    return char if 0x20 <= byte < 0x7F else f"\\{byte:03o}"
