"""What to do about types and values that are not as they should be: the hints of messages."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from abilock.check.symbols import Declared
from abilock.model.scalars import NARROWEST_BITS, WIDEST_BITS
from abilock.syntax import ast
from abilock.syntax.printer import expression_text

#: No type holds more; beyond it, shifts and products would only cost time.
LIMIT = 1 << 128
_MEASURES = frozenset("sizeof size_of alignof _Alignof align_of offsetof offset_of".split())

_NO_FRACTIONS = "scale a fraction to an integer, or write it as text: `str`"
#: What to do about a constant of a built-in type that has none.
CONSTANT_TYPE_HINTS = {
    "bool": "write `u8`, and 1 or 0",
    "void": "choose an integer type",
    **dict.fromkeys(("f32", "f64", "c_float", "c_double"), _NO_FRACTIONS),
}

_ARITHMETIC_HINTS = {
    **dict.fromkeys("/%", "divide by something else than 0"),
    **dict.fromkeys(("<<", ">>"), "shift by 0 to 63 bits"),
}

_EMPTY_ARRAY = (
    "for a tail of any length (C's `T tail[]`), leave the array out: it begins behind the struct, at"
    " `(T *)(s + 1)`, if the struct ends without padding at an address that is aligned for `T`"
)


def value_text(value: int, written: ast.Expression | ast.Name) -> str:
    """A value that does not fit, as messages begin with it. ex) ``256``, ``` `~0` is -1 and```"""
    if abs(value) >= LIMIT:
        return "this number"
    if isinstance(written, ast.Name | ast.Integer):
        return str(value)
    text = expression_text(written)
    return str(value) if text == str(value) or len(text) > 40 else f"`{text}` is {value} and"


def range_hint(
    value: int, scalar: str, limits: tuple[int, int], written: ast.Expression | ast.Name
) -> str:
    """What to write instead, for a value that is outside of the ``limits`` of its type.

    ex) for ``~0`` in a ``u32``: its bits, ``0xffff_ffff``
    """
    least, greatest = limits
    top = 1 << WIDEST_BITS[scalar]
    negative = least == 0 and -top <= value < 0
    if isinstance(written, ast.Name):
        return "a value without `=` is counted on from the one before: choose a wider type"
    if negative and NARROWEST_BITS[scalar] != WIDEST_BITS[scalar]:
        return (
            f"expressions are computed without a width, and `{scalar}` has none: write the number"
        )
    if negative:
        bits = f"{value & greatest:#_x}"
        return f"expressions are computed without a width: for these bits of a `{scalar}`, write `{bits}`"
    if least < 0 and greatest < value < top:
        return f"choose a wider type; as bits of a `{scalar}`, write `{value - top}`"
    if WIDEST_BITS[scalar] == 64 and not -top < value < top:
        return "choose another value: no type is wider"
    return "choose a wider type or another value"


def not_a_type_hint(declared: Declared) -> str:
    match declared:
        case ast.EntryFunction():
            return "the type of a function is a `callback`, or written out: `fn(…) -> T`"
        case ast.VtableDecl():
            return "a convention is no type; a vtable that follows it is one"
        case _:
            return "name a type that is declared, or a built-in one"


def opaque_hint(name: str, place: str) -> str:
    """What to do about an opaque type by value; ``place`` is what it cannot be. ex) ``a result``"""
    pointer = {
        "a result": f"return a pointer: `own *mut {name}?` if the caller ends it, else `*mut {name}`",
        "a parameter": f"take a pointer: `*mut {name}`, or `*const {name}` if it is only read",
    }
    if_known = f"if callers know what is in it, declare it as `struct {name} {{ … }}`"
    return f"{pointer.get(place, f'use a pointer: `*mut {name}`')}; {if_known}"


def array_hint(length: int) -> str:
    if length == 0:
        return _EMPTY_ARRAY
    return "the length is a positive number" if length < 0 else "put the elements behind a pointer"


def convention_hint(name: str, known: Sequence[str]) -> str:
    lower = {word.lower(): word for word in known}
    near = get_close_matches(name.strip("_").lower(), lower, n=1)
    if near:
        return f"did you mean {quoted(lower[near[0]])}?"
    return f"known are {', '.join(map(quoted, known))}"


def arithmetic_hint(operator: str) -> str:
    return _ARITHMETIC_HINTS.get(operator, "no type holds more than 64 bits")


def call_hint(function: str) -> str:
    if function in _MEASURES:
        return "constants are numbers before anything has a size: write the number"
    return "constant expressions have no functions"


def quoted(text: str) -> str:
    return f'"{text}"'


def listed(words: Sequence[str]) -> str:
    """ex) ``a field, a slot or a struct``"""
    if len(words) > 12:
        words = [*words[:12], "…"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
