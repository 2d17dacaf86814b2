"""What Python could not end, or not know, is told before a package is made."""

from __future__ import annotations

import pytest

from support.library import library_of
from support.limits import refusals

END = "@destroy(s) entry fn x_close(s: own *mut S);"
REFUSED = {
    "a handle that nothing ends": (
        "opaque S; @create entry fn x_open() -> *mut S; entry fn x_end(s: *mut S);",
        "`x_open` makes a `S`, and nothing says how it ends",
    ),
    "a number without a type of its own": (
        "@create entry fn x_open() -> u64; @destroy(h) entry fn x_close(h: u64);",
        "`@create` makes a class of the handles of `x_open`, and `u64` has no name that it could have",
    ),
    "an end that takes more": (
        "opaque S; @create entry fn x_open() -> *mut S;"
        "@destroy(s) entry fn x_close(s: *mut S, flags: u32);",
        "`x_close` ends a `S` and takes `flags` besides, which nobody gives when it is garbage",
    ),
    "two ends": (
        f"opaque S; @create entry fn x_open() -> *mut S; {END}"
        "@destroy(s) entry fn x_abort(s: own *mut S);",
        "`x_abort` ends a `S`, and so does `x_close`",
    ),
    "an object with functions of its own": (
        "vtable V { state: *mut void, fn f(self: mut); drop fn d(self: own); }"
        "entry fn x_open() -> own *mut V; @handle(v) entry fn x_use(v: *mut V);",
        "`@handle` makes a class of the handles of `x_use`, and `*mut V` has no name that it could have",
    ),
    "a handle of the handshake": (
        f"opaque S; @create entry fn x_open() -> *mut S; {END}"
        "@handshake @handle(s) entry fn x_init(s: *mut S);",
        "`x_init` is called at load, and there is no `S` yet",
    ),
    "two names that are one": (
        f"opaque S; @create entry fn x_open() -> *mut S; {END}"
        "entry fn test_close(s: *mut S); entry fn close_(s: *mut S);",
        "the entry `close_` and the entry `test_close` are both `close_` in Python",
    ),
    "a number that is owned": (
        "entry fn x_port() -> own u32 @free(x_end); entry fn x_end(port: u32);",
        "Python has the result of `x_port` as a number, and would never end it",
    ),
    "an object that is handed over without an end": (
        "vtable V { state: *mut void, fn f(self: mut); } entry fn x_open() -> own *mut V;",
        "Python owns the result of `x_open`, and nothing says how a `V` ends",
    ),
    "memory that only C makes": (
        "entry fn x_take(text: own *mut char @nul @free(x_free)); entry fn x_free(text: *mut char);",
        "`text` goes to whoever ends it with `x_free`, which knows nothing of Python's memory",
    ),
    "an allocator that needs sizes": (
        "allocator mine = x_alloc/x_free; entry fn x_alloc(size: usize) -> *mut void;"
        "entry fn x_free(block: *mut void, size: usize);",
        "`x_free` needs the size of what it frees, which Python has not kept",
    ),
    "functions of C's that share a context with one end": (
        "callback F(@ctx user: *mut void); vtable V { state: *mut void,"
        "fn two(self: mut, a: F @scope(drop) @ctx(user) @destroy(end), b: F @scope(drop) @ctx(user),"
        "user: *mut void, end: (fn(user: *mut void))); }",
        "`a` and `b` share the context `user`, which Python has for one function",
    ),
    "a copy that forgets": (
        "struct S { number: u32, @hidden inside: *mut void? } entry fn x_init(s: *mut S @inout);",
        "Python passes a copy of `s`, and `inside` of it is `@hidden`: what is kept there is lost",
    ),
    "two ways of one object": (
        "allocator heap = malloc/free;"
        "vtable V { state: *mut void, fn f(self: mut); drop fn d(self: own); }"
        "entry fn x_one() -> own *mut V @owned(heap); entry fn x_two() -> own *mut V;",
        "a `V` is handed over in different ways: `@owned(heap)` and without an allocator",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused(case: str) -> None:
    description, message = REFUSED[case]
    found = refusals(library_of(description))
    assert message in [said for _, said in found]
    assert {code for code, said in found if said == message} <= {"A0701", "A0107"}
