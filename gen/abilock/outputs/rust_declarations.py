"""Every Rust type text passes here, laid out as rustfmt lays it out.

A type is built as a small tree, so that one that does not fit on its line is broken where rustfmt
breaks it: a list of parameters, an ``Option<…>``, the argument of a macro.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from abilock.model.decls import Alias, Callback, Library, Vtable
from abilock.model.naming import rust_name
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    FunctionPointer,
    Named,
    Nested,
    Pointer,
    Scalar,
    Signature,
    Type,
    Void,
)

#: rustfmt's ``max_width``.
WIDTH = 100

#: Conventions that rustc knows on one architecture only. Elsewhere they mean C.
CONVENTION_ARCHES: Mapping[str, str] = {
    "stdcall": "x86",
    "fastcall": "x86",
    "thiscall": "x86",
    "win64": "x86_64",
    "sysv64": "x86_64",
    "aapcs": "arm",
}
#: No stable Rust can call it, and calling it as C would be wrong: its pointers are addresses.
UNSTABLE_CONVENTION = "vectorcall"

_SCALARS: Mapping[str, str] = {"size_t": "usize", "ptrdiff_t": "isize"}
#: What ``core::ffi`` has of C's scalars.
CORE_FFI = frozenset(
    """c_char c_schar c_uchar c_short c_ushort c_int c_uint c_long c_ulong c_longlong c_ulonglong
    c_float c_double c_void""".split()
)


@dataclass(frozen=True, slots=True)
class Plain:
    """ex) ``u32``, ``FfiStr``"""

    text: str


@dataclass(frozen=True, slots=True)
class Around:
    """Text that stays on the line of what it encloses. ex) ``*const`` …, ``[``…``; 4]``"""

    before: str
    inner: Piece
    after: str = ""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """Brackets that open a block of their own if it does not fit. ex) ``Option<``…``>``

    ``comma``: the block's last line ends with one, as generics have it and macros do not.
    """

    before: str
    inner: Piece
    after: str
    comma: bool


@dataclass(frozen=True, slots=True)
class FunctionType:
    """ex) ``unsafe extern "C" fn(a: i32, ...) -> bool``"""

    before: str
    parameters: tuple[Piece, ...]
    result: Piece | None


Piece: TypeAlias = Plain | Around | Enclosed | FunctionType


def one_line(piece: Piece) -> str:
    match piece:
        case Plain(text):
            return text
        case Around(before, inner, after) | Enclosed(before, inner, after):
            return f"{before}{one_line(inner)}{after}"
        case FunctionType(before, parameters, result):
            head = f"{before}({', '.join(one_line(each) for each in parameters)})"
            return head if result is None else f"{head} -> {one_line(result)}"


def declaration_lines(indent: int, head: str, piece: Piece, tail: str) -> tuple[str, ...]:
    """``head`` and a type: on one line, else the type on the next, else broken inside.

    ``indent`` is the column at which the lines will stand; they do not contain it.

    ex) ``pub start_fn: `` and ``unsafe extern "C" fn(state: *mut c_void) -> i32`` and ``,``
    """
    whole = one_line(piece)
    if indent + len(head) + len(whole) + len(tail) <= WIDTH:
        return (f"{head}{whole}{tail}",)
    if indent + 4 + len(whole) + len(tail) <= WIDTH or not _breakable(piece):
        return (head.rstrip(), f"    {whole}{tail}")
    if isinstance(piece, FunctionType) and piece.result is not None:
        used = indent + len(head) + len(piece.before) + len(" -> ")
        if used + len(one_line(piece.result)) + len(tail) > WIDTH:
            below = _broken(indent + 4, "", piece, tail)
            return (head.rstrip(), *(f"    {line}" for line in below))
    return tuple(_broken(indent, head, piece, tail))


def _breakable(piece: Piece) -> bool:
    match piece:
        case Plain():
            return False
        case Around(_, inner, _):
            return _breakable(inner)
        case Enclosed():
            return True
        case FunctionType(_, parameters, _):
            return bool(parameters)


def _broken(indent: int, head: str, piece: Piece, tail: str) -> list[str]:
    whole = one_line(piece)
    if indent + len(head) + len(whole) + len(tail) <= WIDTH or not _breakable(piece):
        return [f"{head}{whole}{tail}"]
    match piece:
        case Plain(text):
            return [f"{head}{text}{tail}"]
        case Around(before, inner, after):
            return _broken(indent, f"{head}{before}", inner, f"{after}{tail}")
        case Enclosed(before, inner, after, comma):
            body = _broken(indent + 4, "", inner, "," if comma else "")
            return [f"{head}{before}", *(f"    {line}" for line in body), f"{after}{tail}"]
        case FunctionType(before, parameters, result):
            lines = [f"{head}{before}("]
            for each in parameters:
                comma_after = "" if one_line(each) == "..." else ","
                lines += [f"    {line}" for line in _broken(indent + 4, "", each, comma_after)]
            if result is None:
                return [*lines, f"){tail}"]
            # rustfmt measures the result as if it stood behind the type's first line, and does not
            # count the comma behind a parameter.
            used = indent + len(head) + len(before) + indent + len(") -> ")
            counted = "" if tail == "," and not head.startswith("pub ") else tail
            if used + len(one_line(result)) + len(counted) <= WIDTH:
                return [*lines, *_broken(indent, ") -> ", result, tail)]
            body = _broken(indent + 4, "-> ", result, tail)
            return [*lines, ")", *(f"    {line}" for line in body)]


class RustTypes:
    """The types of one library, whose own names may hide those of ``core``."""

    def __init__(self, library: Library) -> None:
        self._declared = {each.name: each for each in library.declarations}

    def scalar(self, name: str) -> str:
        """ex) ``usize`` for ``size_t``"""
        if name in CORE_FFI and name in self._declared:
            return f"::core::ffi::{name}"
        return _SCALARS.get(name, name)

    def option(self, piece: Piece) -> Piece:
        name = "::core::option::Option" if "Option" in self._declared else "Option"
        return Enclosed(f"{name}<", piece, ">", comma=True)

    def piece(self, type_: Type, nested: str = "") -> Piece:
        """The type; ``nested`` is the name of the helper type if it is written out in place."""
        match type_:
            case Void():
                return Plain(self.scalar("c_void"))
            case Scalar(name):
                return Plain(self.scalar(name))
            case Pointer(pointee, mutable):
                return Around("*mut " if mutable else "*const ", self.piece(pointee, nested))
            case Array(element, length):
                return Around("[", self.piece(element, nested), f"; {length}]")
            case Nested():
                return Plain(nested)
            case Named(name, nullable):
                plain = Plain(rust_name(name))
                return self.option(plain) if nullable and self._is_bare_function(name) else plain
            case FunctionPointer(signature, nullable):
                function = self.function(signature)
                return self.option(function) if nullable else function

    def function(self, signature: Signature, receiver: str = "self_") -> Piece:
        """A function pointer type. ``receiver`` is what a slot's ``self`` is called."""
        convention = signature.convention
        if convention == UNSTABLE_CONVENTION:
            return Around("*const ", Plain(self.scalar("c_void")))
        parameters = [
            Around(
                f"{receiver if each.receiver else rust_name(each.name or '_')}: ",
                self.piece(each.type),
            )
            if each.name or each.receiver
            else self.piece(each.type)
            for each in signature.parameters
        ]
        if signature.variadic:
            # No compiler has a variadic function of another convention than C's own.
            parameters.append(Plain("..."))
            convention = "C"
        result = None
        if signature.result is not None:
            result = self.piece(signature.result.type)
        if convention in CONVENTION_ARCHES:
            function = FunctionType("fn", tuple(parameters), result)
            return Enclosed(f"{convention}!(", function, ")", comma=False)
        spelled = "system" if convention == "system" else "C"
        return FunctionType(f'unsafe extern "{spelled}" fn', tuple(parameters), result)

    def resolved(self, type_: Type) -> Type:
        """What an alias stands for, at the end of its chain."""
        while isinstance(type_, Named):
            declaration = self._declared[type_.name]
            if not isinstance(declaration, Alias):
                break
            type_ = declaration.type
        return type_

    def fields(self, name: str) -> tuple[Field, ...]:
        """The data members of a declared type."""
        match self._declared[name]:
            case Aggregate(fields=fields):
                return fields
            case Vtable(members=members):
                return tuple(each for each in members if isinstance(each, Field))
            case _:
                return ()

    def _is_bare_function(self, name: str) -> bool:
        """Whether the type of this name is a function pointer that cannot be null yet."""
        type_ = self.resolved(Named(name))
        if isinstance(type_, FunctionPointer):
            signature = type_.signature
            bare = not type_.nullable
        elif isinstance(type_, Named):
            declaration = self._declared[type_.name]
            if not isinstance(declaration, Callback):
                return False
            signature = declaration.signature
            bare = not type_.nullable
        else:
            return False
        return bare and signature.convention != UNSTABLE_CONVENTION
