"""C declarators of every nesting, and literals that are what they say."""

from __future__ import annotations

import pytest

from abilock.model.c_names import taken_names
from abilock.model.types import (
    Array,
    FunctionPointer,
    Named,
    Parameter,
    Pointer,
    Result,
    Scalar,
    Signature,
    Type,
    Void,
)
from abilock.outputs.c_declarations import (
    CNaming,
    declare,
    declare_lines,
    integer_literal,
    prototype_lines,
    string_literal,
)
from support.library import library_of

NAMING = CNaming(conventions={"stdcall": "STDCALL"})
U8 = Scalar("u8")
I32 = Scalar("i32")


def const(pointee: Type) -> Pointer:
    return Pointer(pointee, mutable=False)


def mut(pointee: Type) -> Pointer:
    return Pointer(pointee, mutable=True)


def signature(*types: Type, to: Type | None = None, convention: str = "C") -> Signature:
    result = None if to is None else Result(to)
    parameters = tuple(Parameter(None, each) for each in types)
    return Signature(parameters, result, convention=convention)


def fn(*types: Type, to: Type | None = None, convention: str = "C") -> FunctionPointer:
    return FunctionPointer(signature(*types, to=to, convention=convention))


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (U8, "uint8_t x"),
        (mut(Void()), "void *x"),
        (const(Scalar("c_char")), "const char *x"),
        (const(const(U8)), "const uint8_t *const *x"),
        (mut(const(U8)), "const uint8_t **x"),
        (const(mut(U8)), "uint8_t *const *x"),
        (Array(U8, 4), "uint8_t x[4]"),
        (Array(Array(U8, 4), 2), "uint8_t x[2][4]"),
        (mut(Array(U8, 4)), "uint8_t (*x)[4]"),
        (const(Array(U8, 4)), "const uint8_t (*x)[4]"),
        (const(Array(mut(U8), 4)), "uint8_t *const (*x)[4]"),
        (Array(const(Array(U8, 4)), 2), "const uint8_t (*x[2])[4]"),
        (fn(), "void (*x)(void)"),
        (fn(I32, const(U8), to=U8), "uint8_t (*x)(int32_t, const uint8_t *)"),
        (Array(fn(), 3), "void (*x[3])(void)"),
        (mut(fn()), "void (**x)(void)"),
        (const(fn()), "void (*const *x)(void)"),
        (fn(to=fn(U8)), "void (*(*x)(void))(uint8_t)"),
        (fn(to=mut(fn(U8, to=mut(Void())))), "void *(**(*x)(void))(uint8_t)"),
        (fn(to=mut(Array(U8, 4))), "uint8_t (*(*x)(void))[4]"),
        (fn(to=const(Array(fn(), 4))), "void (*const (*(*x)(void))[4])(void)"),
        (fn(fn(fn())), "void (*x)(void (*)(void (*)(void)))"),
        (fn(Array(U8, 4), mut(Array(U8, 4))), "void (*x)(uint8_t [4], uint8_t (*)[4])"),
        (fn(convention="stdcall"), "void (STDCALL *x)(void)"),
        (fn(to=fn(convention="stdcall")), "void (STDCALL *(*x)(void))(void)"),
        (fn(to=fn(), convention="stdcall"), "void (*(STDCALL *x)(void))(void)"),
        (const(Named("Cb")), "const Cb *x"),
        (Named("class"), "class_ x"),
    ],
)
def test_declarators(type_: Type, text: str) -> None:
    assert declare(type_, "x", NAMING) == text


def test_a_declaration_without_a_name_is_the_type() -> None:
    assert declare(const(mut(U8)), "", NAMING) == "uint8_t *const *"
    assert declare(mut(const(Array(U8, 2))), "", NAMING) == "const uint8_t (**)[2]"
    assert declare(U8, "", NAMING) == "uint8_t"


def test_long_parameter_lists_have_a_line_each() -> None:
    pointer = fn(I32, fn(U8), to=fn(U8))
    assert declare_lines(pointer, "x", NAMING, 80) == (declare(pointer, "x", NAMING),)
    assert declare_lines(pointer, "x", NAMING, 20) == (
        "void (*(*x)(",
        "    int32_t,",
        "    void (*)(uint8_t)))(uint8_t)",
    )


def test_prototypes() -> None:
    assert prototype_lines(signature(to=mut(U8)), "f", NAMING, 80) == ("uint8_t *f(void)",)
    stdcall = signature(I32, to=mut(U8), convention="stdcall")
    assert prototype_lines(stdcall, "f", NAMING, 80) == ("uint8_t *(STDCALL f)(int32_t)",)
    bare = CNaming(conventions={"stdcall": "__stdcall"}, parenthesised=False)
    assert prototype_lines(stdcall, "f", bare, 80) == ("uint8_t *__stdcall f(int32_t)",)
    getter = signature(to=fn(U8))
    assert prototype_lines(getter, "f", NAMING, 80) == ("void (*f(void))(uint8_t)",)
    variadic = Signature((Parameter("n", I32),), None, variadic=True)
    assert prototype_lines(variadic, "f", NAMING, 80) == ("void f(int32_t n, ...)",)


def test_members_keep_clear_of_types_and_macros() -> None:
    library = library_of(
        "const N: u8 = 1; flags F: u8 { A = 1 } enum E { A } struct S { a: u8 } entry fn f();"
    )
    naming = CNaming(taken_names(library))
    spelled = [naming.member(name) for name in "N F S E F_A E_A f class a".split()]
    assert spelled == "N_ F_ S_ E_ F_A_ E_A f class_ a".split()
    assert naming.dotted("T", "a.S.class") == "a.S_.class_"


@pytest.mark.parametrize(
    ("value", "scalar", "text"),
    [
        (512, "u32", "512u"),
        (512, "usize", "512u"),
        (7, "i8", "7"),
        (200, "u8", "200u"),
        (-1, "i32", "(-1)"),
        (-(2**31), "i32", "(-2147483647 - 1)"),
        (-(2**63), "i64", "(-9223372036854775807ll - 1)"),
        (2**64 - 1, "u64", "18446744073709551615ull"),
        (2**40, "usize", "1099511627776ull"),
        (2**31, "c_long", "2147483648ll"),
        (2**32, "c_ulong", "4294967296ull"),
        (2**31, "u32", "2147483648u"),
        (5, "c_long", "5l"),
        (65, "c_char", "65"),
    ],
)
def test_integer_literals(value: int, scalar: str, text: str) -> None:
    assert integer_literal(value, scalar) == text


def test_flags_are_hexadecimal() -> None:
    assert integer_literal(0x80, "u64", hexadecimal=True) == "0x80ull"
    assert integer_literal(-2, "i32", hexadecimal=True) == "(-2)"


def test_string_literals_are_ascii_and_end_where_they_should() -> None:
    assert string_literal("plain text") == '"plain text"'
    assert string_literal('"\\??/\n\0é1') == '"\\"\\\\\\?\\?/\\012\\000\\303\\2511"'
