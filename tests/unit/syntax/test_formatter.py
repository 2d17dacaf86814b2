"""What canonical text looks like."""

from __future__ import annotations

import pytest

from abilock.diagnostics.report import Report
from abilock.source import SourceFile, Span
from abilock.syntax import ast
from abilock.syntax.formatter import format_file
from abilock.syntax.parser import parse

_HERE = Span("a.abi", 0, 0)


def formatted(text: str) -> str:
    report = Report()
    source = SourceFile("a.abi", text)
    file = parse(source, report)
    assert not report.failed, report.diagnostics
    return format_file(file, source)


#: Name, what is written, what it becomes. Texts begin behind their first line end.
_CASES = [
    (
        "spaces",
        """
abi   a 1.0.0 ;compat major . minor;
struct S{a:u8,b:[ u32;4 ]@len( n )}
const A:usize=( 1+2 )*3;
const B: u8 = -( ~1 );
""",
        """
abi a 1.0.0;

compat major.minor;

struct S { a: u8, b: [u32; 4] @len(n) }

const A: usize = (1 + 2) * 3;
const B: u8 = -~1;
""",
    ),
    (
        "struct over several lines",
        """
struct S { a: u8,
  b: u32 }
union U {
}
""",
        """
struct S {
    a: u8,
    b: u32,
}

union U {}
""",
    ),
    (
        "struct too long for a line",
        """
struct S { first_member: *const void?, second_member: *mut void?, third_member: [u8; 16], last: bool }
""",
        """
struct S {
    first_member: *const void?,
    second_member: *mut void?,
    third_member: [u8; 16],
    last: bool,
}
""",
    ),
    (
        "documented members",
        """
struct S { /// One.
a: u8, b: u8 }
enum E: u8 { A, /// Seven.
B = 7 }
""",
        """
struct S {
    /// One.
    a: u8,
    b: u8,
}

enum E: u8 {
    A,
    /// Seven.
    B = 7,
}
""",
    ),
    (
        "vtable",
        """
vtable V: c { state: *mut void; fn get(self: const, key: u32) -> i32, optional fn put(self: mut);
  data: u32; drop fn end(self: own) }
vtable convention c { state: *mut void, ... optional  drop  extern "C"  fn end(self: own) }
""",
        """
vtable V: c {
    state: *mut void,
    fn get(self: const, key: u32) -> i32;
    optional fn put(self: mut);
    data: u32,
    drop fn end(self: own);
}

vtable convention c {
    state: *mut void,
    ...
    optional drop extern "C" fn end(self: own);
}
""",
    ),
    (
        "long signature",
        """
vtable V {
fn subscribe(self: mut, source_id: Str, nodes: *const Str @len(node_count), node_count: usize,
...) -> own *mut R?;
}
callback C(a: u8,
           b: u8);
""",
        """
vtable V {
    fn subscribe(
        self: mut,
        source_id: Str,
        nodes: *const Str @len(node_count),
        node_count: usize,
        ...,
    ) -> own *mut R?;
}

callback C(a: u8, b: u8);
""",
    ),
    (
        "documented parameters",
        """
callback C(/// One.
a: u8, @ctx b: *mut void) -> bool;
""",
        """
callback C(
    /// One.
    a: u8,
    @ctx b: *mut void,
) -> bool;
""",
    ),
    (
        "attributes",
        """
/// Doc.
@string( ptr,len )
@owned(rust) struct S { @since(0.6.0)
a: u8 }
vtable V {
    @deprecated(1.0.0, "call the other one") fn old(self: const,
    some_parameter: u32, another_one: u64) -> i32;
    @get fn name(self: const) -> Str;
}
""",
        """
/// Doc.
@string(ptr, len) @owned(rust)
struct S {
    @since(0.6.0) a: u8,
}

vtable V {
    @deprecated(1.0.0, "call the other one")
    fn old(self: const, some_parameter: u32, another_one: u64) -> i32;
    @get fn name(self: const) -> Str;
}
""",
    ),
    (
        "a line that is full to the last column, and one that is longer by one",
        """
struct S {
    @since(0.6.0) first: *const u8? @len(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa),
    @since(0.6.0) first: *const u8? @len(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa),
}
""",
        """
struct S {
    @since(0.6.0) first: *const u8? @len(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa),
    @since(0.6.0)
    first: *const u8? @len(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa),
}
""",
    ),
    (
        "types",
        """
type A = *const (*mut T?);
type B = (*const *mut T)?;
type C = (fn() -> u8?)?;
type D = (fn() -> u8) @a;
type E = fn() @a;
type F = (*const fn())?;
type G = *const ((fn())?);
type H = *const fn(((fn())?)) -> (u8);
type I = extern   "stdcall" fn(x: i32, ...) -> void;
type J = struct { a: u8 };
callback K(@a() (fn())?, @b() u8);
""",
        """
type A = *const (*mut T?);
type B = *const *mut T?;
type C = (fn() -> u8?)?;
type D = (fn() -> u8) @a;
type E = fn() @a;
type F = *const (fn())?;
type G = *const ((fn())?);
type H = *const fn((fn())?) -> u8;
type I = extern "stdcall" fn(x: i32, ...) -> void;
type J = struct { a: u8 };

callback K(@a() (fn())?, @b u8);
""",
    ),
    (
        "blank lines",
        """


// first


// second
import "a.abi";

import "b.abi";
import "c.abi";
opaque A;
struct S { a: u8 }
struct T {

    a: u8,


    b: u8,
    // c

    // d

}


""",
        """
// first

// second
import "a.abi";

import "b.abi";
import "c.abi";

opaque A;

struct S { a: u8 }

struct T {
    a: u8,

    b: u8,
    // c

    // d
}
""",
    ),
    (
        "comments",
        """
//! File.
abi a 1.0.0; // name
/* two
   lines */
struct S { // open
  // lead
      a: u8, // a
  b: u8 /* inner */, /* next */ c: u8 // c
  , d: /* moved */ u8
  // close
}
/// Doc.
// why
@packed
struct T { a: u8 } // T
callback C(/* nothing */);
callback D(/* x */ a: u8, b: u8 /* y */);
callback E(a: u8, // one
  b: u8);
// end
""",
        """
//! File.

abi a 1.0.0; // name

/* two
   lines */
struct S { // open
    // lead
    a: u8, // a
    b: u8 /* inner */,
    /* next */ c: u8, // c
    /* moved */ d: u8,
    // close
}

/// Doc.
// why
@packed
struct T { a: u8 } // T

callback C(/* nothing */);
callback D(/* x */ a: u8, b: u8 /* y */);

callback E(
    a: u8, // one
    b: u8,
);
// end
""",
    ),
    (
        "comments of inner lists keep their order",
        """
struct S { a: fn(x: u8 /* 1 */) -> /* 2 */ u8 /* 3 */, b: u8 }
struct T { a: fn(x: u8 /* 1 */) -> // 2
u8 // 3
, b: u8 }
""",
        """
struct S { a: fn(x: u8 /* 1 */) -> u8 /* 2 */ /* 3 */, b: u8 }

struct T {
    a: fn(x: u8 /* 1 */) -> u8, // 2
    // 3
    b: u8,
}
""",
    ),
    (
        "lists of strings and schemes",
        """
targets "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-apple-darwin",
"wasm32-unknown-unknown",;
allocator a = malloc / free@unix,process_heap @ windows;
""",
        """
targets
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "wasm32-unknown-unknown";

allocator a = malloc/free @unix, process_heap @windows;
""",
    ),
    (
        "strings and numbers",
        r"""
const A: str = "a\n\x41\u{e9}\u{202e}\\\"";
const B: u64 = 0xFFFF_ffff;
""",
        r"""
const A: str = "a\nAé\u{202e}\\\"";
const B: u64 = 0xFFFF_ffff;
""",
    ),
    ("nothing", "\n\n", "\n"),
]


@pytest.mark.parametrize(
    ("written", "canonical"), [case[1:] for case in _CASES], ids=[case[0] for case in _CASES]
)
def test_format(written: str, canonical: str) -> None:
    canonical = canonical.removeprefix("\n")
    assert formatted(written.removeprefix("\n")) == canonical
    assert formatted(canonical) == canonical


def test_without_a_source_small_things_share_a_line() -> None:
    def struct(count: int) -> ast.Aggregate:
        use = ast.TypeUse(ast.NamedType("u8", _HERE), False, (), _HERE)
        members = tuple(
            ast.Field(ast.Decor(), ast.Name(f"m{at}", _HERE), use, None, _HERE)
            for at in range(count)
        )
        return ast.Aggregate(ast.Decor(), False, ast.Name("S", _HERE), members, _HERE)

    def text(item: ast.Item) -> str:
        return format_file(ast.File("a.abi", (), (item,)))

    assert text(struct(3)) == "struct S { m0: u8, m1: u8, m2: u8 }\n"
    assert text(struct(4)) == (
        "struct S {\n    m0: u8,\n    m1: u8,\n    m2: u8,\n    m3: u8,\n}\n"
    )


def test_docs_of_a_made_up_tree_stay_comments() -> None:
    decor = ast.Decor(("one\ntwo\r\nthree",))
    item = ast.Opaque(decor, ast.Name("S", _HERE), _HERE)
    text = format_file(ast.File("a.abi", ("a\nb",), (item,)))
    assert text == "//! a\n//! b\n\n/// one\n/// two\n/// three\nopaque S;\n"
