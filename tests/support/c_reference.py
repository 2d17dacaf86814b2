"""C for a model, for tests only: it shares no line with the headers that abilock generates, so a
mistake there cannot hide behind itself here."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from abilock.model import decls, types
from abilock.model.types import Aggregate, Field
from support.compilers import Question

_PRELUDE = """\
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* Before a type that is written out, Microsoft's aligns the type; behind it, gcc's does. */
#ifdef _MSC_VER
#define ALIGNED(n) __declspec(align(n))
#define ALIGNED_BEFORE(n)
#define ALIGNED_BEHIND(n) __declspec(align(n))
#else
#define ALIGNED(n) __attribute__((aligned(n)))
#define ALIGNED_BEFORE(n) __attribute__((aligned(n)))
#define ALIGNED_BEHIND(n)
#endif
"""

_SCALARS = {
    "isize": "ptrdiff_t",
    "usize": "size_t",
    "f32": "float",
    "f64": "double",
    "c_char": "char",
    "c_schar": "signed char",
    "c_uchar": "unsigned char",
    "c_ushort": "unsigned short",
    "c_uint": "unsigned int",
    "c_ulong": "unsigned long",
    "c_longlong": "long long",
    "c_ulonglong": "unsigned long long",
}


def reference(libraries: Iterable[decls.Library]) -> str:
    """One C text with every type of the libraries, each library's under its own name."""
    return "\n".join([_PRELUDE, *(_Printer(library.name).text(library) for library in libraries)])


def questions(library: decls.Library) -> Iterator[Question]:
    """Everything that a layout of the library says."""
    for declaration in library.declarations:
        name = f"{library.name}_{declaration.name}"
        if isinstance(declaration, Aggregate):
            found = list(_paths(declaration.fields, ""))
        elif isinstance(declaration, decls.Vtable):
            found = list(_paths(declaration.members, ""))
        elif isinstance(declaration, decls.EnumDecl):
            found = []
        else:
            continue
        yield Question(
            name,
            tuple(path for path, is_bits in found if not is_bits),
            tuple(path for path, is_bits in found if is_bits),
        )


def _paths(members: Iterable[decls.Member], prefix: str) -> Iterator[tuple[str, bool]]:
    for member in members:
        if member.name is not None:
            is_bits = isinstance(member, Field) and member.bits is not None
            yield f"{prefix}{member.name}", is_bits
        if isinstance(member, Field) and isinstance(member.type, types.Nested):
            inner = prefix if member.name is None else f"{prefix}{member.name}."
            yield from _paths(member.type.aggregate.fields, inner)


class _Printer:
    """Prints the declarations of one library; ``prefix`` keeps libraries apart."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def text(self, library: decls.Library) -> str:
        return "\n".join(self._declaration(each) for each in library.declarations)

    def _declaration(self, declaration: decls.Declaration) -> str:
        name = f"{self._prefix}_{declaration.name}"
        match declaration:
            case decls.Alias():
                return f"typedef {self._declare(declaration.type, name)};"
            case decls.Callback():
                return f"typedef void (*{name})(void);"
            case decls.EnumDecl():
                return self._enum(declaration, name)
            case decls.Vtable():
                body = self._body(declaration.members)
                return f"typedef struct {name} {name};\nstruct {name} {{\n{body}}};"
            case Aggregate():
                keyword = "union" if declaration.is_union else "struct"
                written = self._aggregate(declaration, name)
                return f"typedef {keyword} {name} {name};\n{_packed(declaration, f'{written};')}"
            case _:
                raise AssertionError(declaration)

    def _enum(self, enum: decls.EnumDecl, name: str) -> str:
        if enum.kind is not decls.EnumKind.CLOSED or enum.underlying != "c_int":
            return f"typedef {_scalar(enum.underlying)} {name};"
        values = ", ".join(f"{name}_{value.name} = {value.value}" for value in enum.values)
        return f"typedef enum {name} {{ {values} }} {name};"

    def _aggregate(self, aggregate: Aggregate, name: str) -> str:
        keyword = "union" if aggregate.is_union else "struct"
        align = f" ALIGNED({aggregate.align})" if aggregate.align else ""
        return f"{keyword}{align} {name} {{\n{self._body(aggregate.fields)}}}"

    def _body(self, members: Iterable[decls.Member]) -> str:
        lines = [self._member(member) for member in members]
        return textwrap.indent("\n".join(lines) + "\n", "    ", lambda line: line[:1] != "#")

    def _member(self, member: decls.Member) -> str:
        if isinstance(member, decls.Slot):
            return f"void (*{member.name})(void);"
        name = member.name or ""
        if isinstance(member.type, types.Nested):
            inner = member.type.aggregate
            written = f"{self._aggregate(inner, '')} {name};"
            if member.align:
                before, behind = (
                    f"ALIGNED_BEFORE({member.align})",
                    f"ALIGNED_BEHIND({member.align})",
                )
                written = f"{before} {self._aggregate(inner, '')} {behind} {name};"
            if inner.packed is not None:
                return _packed(inner, written)
            # A pragma reaches into what is written inside; packing speaks of the outer members only.
            return f"#pragma pack(push)\n#pragma pack()\n{written}\n#pragma pack(pop)"
        bits = "" if member.bits is None else f" : {member.bits}"
        align = f"ALIGNED({member.align}) " if member.align else ""
        return f"{align}{self._declare(member.type, name)}{bits};"

    def _declare(self, given: types.Type, name: str) -> str:
        match given:
            case types.Scalar():
                return f"{_scalar(given.name)} {name}"
            case types.Named():
                return f"{self._prefix}_{given.name} {name}"
            case types.Pointer():
                return f"void *{name}"
            case types.FunctionPointer():
                return f"void (*{name})(void)"
            case types.Array():
                return self._declare(given.element, f"{name}[{given.length}]")
            case _:
                raise AssertionError(given)


def _packed(aggregate: Aggregate, text: str) -> str:
    if aggregate.packed is None:
        return text
    return f"#pragma pack(push, {aggregate.packed})\n{text}\n#pragma pack(pop)"


def _scalar(name: str) -> str:
    if name in _SCALARS:
        return _SCALARS[name]
    if name[0] in "iu" and name[1:].isdigit():
        return f"{'u' if name[0] == 'u' else ''}int{name[1:]}_t"
    return name.removeprefix("c_")
