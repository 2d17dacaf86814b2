"""What C declares, in the language's own words: every translation is a description."""

from __future__ import annotations

import pytest

from abilock.diagnostics.report import Report
from abilock.source import SourceFile
from abilock.syntax.c_declarations import item_text, member_text
from abilock.syntax.tokens import tokenize
from support.library import codes_of

_MEMBERS = [
    ("int a", "a: c_int"),
    ("unsigned a", "a: c_uint"),
    ("unsigned long long int a", "a: c_ulonglong"),
    ("long int a", "a: c_long"),
    ("signed char a", "a: c_schar"),
    ("char a", "a: char"),
    ("float a", "a: f32"),
    ("volatile uint16_t a", "a: u16"),
    ("_Bool a", "a: bool"),
    ("size_t a", "a: size_t"),
    ("Str a", "a: Str"),
    ("enum Mode a", "a: Mode"),
    ("void *a", "a: *mut void"),
    ("const char *a", "a: *const char"),
    ("char const *a", "a: *const char"),
    ("const char *const *a", "a: *const *const char"),
    ("char **a", "a: *mut *mut char"),
    ("struct Str *restrict a", "a: *mut Str"),
    ("uint8_t a[16]", "a: [u8; 16]"),
    ("uint8_t a[2][3]", "a: [[u8; 3]; 2]"),
    ("const char *a[4]", "a: [*const char; 4]"),
    ("unsigned a : 3", "a: c_uint : 3"),
    ("void (*a)(void)", "a: fn()"),
    ("int (*a)(const void *, size_t n)", "a: fn(*const void, n: size_t) -> c_int"),
    ("char *(*a)(int b[4], ...)", "a: fn(b: *mut c_int, ...) -> *mut char"),
    ("void (*a)(void (*done)(int))", "a: fn(done: fn(c_int))"),
    ("string a = 1", "a: string"),
]
_ITEMS = [
    ("int f(void);", "entry fn f() -> c_int;"),
    ("void f(int a, char *b);", "entry fn f(a: c_int, b: *mut char);"),
    ("extern const char *f(struct Str *);", "entry fn f(*mut Str) -> *const char;"),
    ("static inline int f(int a) { return a; }", "entry fn f(a: c_int) -> c_int;"),
    ("extern int a;", "entry static a: c_int;"),
    ("const int A = 1 + 2;", "const A: c_int = 1 + 2;"),
    ("constexpr uint32_t A = 5;", "const A: u32 = 5;"),
    ('static const char A[] = "x";', 'const A: str = "x";'),
    ('const char *A = "x";', 'const A: str = "x";'),
    ("typedef uint32_t id;", "type id = u32;"),
    ("typedef struct Str *ref;", "type ref = *mut Str;"),
    ("typedef void (*done)(void *ctx);", "callback done(ctx: *mut void);"),
    ("typedef int cmp(const void *a);", "callback cmp(a: *const void) -> c_int;"),
    ("typedef struct S S;", "opaque S;"),
    ("struct S;", "opaque S;"),
]


def words(text: str) -> str:
    return f"opaque Mode; struct Str {{ x: u8 }} {text}"


@pytest.mark.parametrize(("written", "expected"), _MEMBERS, ids=[case[0] for case in _MEMBERS])
def test_member(written: str, expected: str) -> None:
    tokens = tokenize(SourceFile("a.h", written), Report()).tokens
    assert member_text(tokens) == expected
    known = expected.replace("string", "Str").replace("a: Mode", "a: *mut Mode")
    # C does not say how long a callback may be called.
    assert set(codes_of(words(f"struct S {{ {known} }}"))) <= {"A0607"}


@pytest.mark.parametrize(("written", "expected"), _ITEMS, ids=[case[0] for case in _ITEMS])
def test_item(written: str, expected: str) -> None:
    tokens = tokenize(SourceFile("a.h", written), Report()).tokens
    assert item_text(tokens) == expected
    assert codes_of(words(expected)) == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("typedef struct { int a; } S;", "struct S { … }"),
        ("typedef union U { int a; } V;", "union V { … }"),
        ("typedef enum { A } E;", "enum E { … }"),
    ],
)
def test_what_has_a_body_is_not_repeated(written: str, expected: str) -> None:
    tokens = tokenize(SourceFile("a.h", written), Report()).tokens
    assert item_text(tokens) == expected


@pytest.mark.parametrize(
    "written",
    [
        "int",
        "",
        "*",
        "int a b",
        "int a[]",
        "long double a",
        "int (a)",
        "int (*a",
        "int (*a)(int b",
        "int a[3",
        "int (*a)(3)",
        "int a : 3 4",
        "std::string a",
        f"int {'a' * 200}",
    ],
)
def test_what_is_not_understood_is_not_translated(written: str) -> None:
    tokens = tokenize(SourceFile("a.h", written), Report()).tokens
    assert member_text(tokens) is None
    assert item_text(tokens) is None
