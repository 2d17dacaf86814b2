"""Doc text of a Python package, in which things are called as Python calls them."""

from __future__ import annotations

import pytest

from abilock.outputs.cffi.cdef import cffi_naming
from abilock.outputs.cffi.package import Package
from abilock.outputs.cffi.prose import Prose
from support.library import library_of
from support.rendering import rendered

TEXT = """\
@strip("_fn") @strip_types("Ffi*", "*Vtable")
abi test 1.0.0;
@string(ptr, len) struct FfiStr { ptr: *const char, len: usize }
@list(data, len) struct FfiNames { data: *const FfiStr, len: usize }
enum FfiOp { Add }
@py("Limit") const MOST: u32 = 3;
struct Mode { op: FfiOp }
vtable SourceVtable {
    state: *mut void,
    fn start_fn(self: mut);
    @py("say") fn tell_fn(self: mut);
    fn twice_fn(self: mut);
    drop fn drop_fn(self: own);
}
vtable OtherVtable { state: *mut void, @py("two") fn twice_fn(self: mut); }
@context vtable PairTable { fn go(self: mut); }
@object(ctx, table) struct FfiPair { ctx: *mut void, table: *const PairTable }
entry fn test_open() -> own *mut SourceVtable?;
"""


@pytest.fixture(scope="module")
def prose() -> Prose:
    library = library_of(TEXT)
    return Package(library, cffi_naming(library)).parts.prose


@pytest.mark.parametrize(
    ("said", "spoken"),
    [
        ("An FfiOp of a SourceVtable.", "An Op of a Source."),
        ("`FfiOp`, `FfiOp::Add`", "`Op`, `Op::Add`"),
        ("an FfiStr, or FfiNames", "an str, or list[str]"),
        ("MOST of them; `MOST` is", "MOST of them; `Limit` is"),
        ("Mode of `Mode`", "Mode of `Mode`"),
        ("after `start_fn`, start_fn", "after `start`, start_fn"),
        ("`SourceVtable.tell_fn()`", "`Source.say()`"),
        ("`twice_fn` has two names", "`twice_fn` has two names"),
        ("`drop_fn` ends it", "`close` ends it"),
        ("see PairTable and FfiPair", "see Pair and Pair"),
        ("call `test_open` first", "call `open` first"),
        ("FfiOps and MyFfiOp", "FfiOps and MyFfiOp"),
        ("a ` alone, FfiOp", "a ` alone, Op"),
        (
            "null, or `null` in JSON. Null is nullable.",
            "None, or `null` in JSON. None is nullable.",
        ),
    ],
)
def test_names_in_docs(prose: Prose, said: str, spoken: str) -> None:
    assert prose.docstring([said]) == (spoken,)
    assert prose.comment([said]) == (f"#: {spoken}",)


def test_docs_say_what_a_host_in_python_must_know() -> None:
    """Who frees what, and where C writes a reason, is the package's own business."""
    library = library_of(
        "abi test 1.1.0; allocator heap = malloc/free;"
        " @error_buffer(text) struct Why { text: [c_char; 8] }"
        " enum Status { Fine, Full }"
        " vtable V { state: *mut void,"
        " /// Tries.\n@error(why) @ok(Fine) @errors(Status) @since(1.1.0) @blocking"
        " fn try_it(self: mut, why: *mut Why) -> Status;"
        " /// Says.\nfn say(self: mut) -> own *mut char? @nul @owned(heap);"
        " drop fn drop(self: own) }"
    )
    page = rendered(library, "cffi")["python/test/_types.py"]
    lines = [line.strip() for line in page.splitlines()]
    at = lines.index('"""Tries.')
    assert lines[at : lines.index('"""', at + 1)] == [
        '"""Tries.',
        "`Status` names the ways in which it can fail.",
        "Available since version 1.1.0.",
        "May take a long time.",
        "",
        "Raises:",
        "Why: it failed.",
    ]
    assert '"""Says."""' in lines
