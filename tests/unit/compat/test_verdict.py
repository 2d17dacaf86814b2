"""Verdicts: nothing where nothing changed, one cause told once, and an answer to anything."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abilock.compat.changes import Kind
from abilock.compat.context import Context, Described
from abilock.compat.diagnosing import diagnostics_of
from abilock.compat.differences import differences
from abilock.compat.findings import Finding, Level, Verdict
from abilock.compat.outcomes import Outcome
from abilock.compat.rules import JUDGES
from abilock.compat.verdict import judge
from abilock.model.decls import EntryFunction, EntryStatic, EnumDecl, Library
from abilock.model.targets import TRIPLES
from abilock.model.types import Aggregate, Doc
from abilock.model.version import Version
from support.library import library_at, library_of
from support.models import libraries, sample

ROOT = Path(__file__).parents[3]
ABIS = sorted((ROOT / "abi").glob("*.abi"))
PLUGIN = " entry fn open() -> *const T;"


def verdict_of(old: str, new: str) -> Verdict:
    return judge(library_of("abi test 1.2.0; " + old), library_of("abi test 1.3.0; " + new))


def told(finding: Finding) -> list[str]:
    return [each.text for each in finding.consequences]


def test_every_kind_has_a_judge() -> None:
    # What changes in a convention is judged as what it is, in each vtable.
    assert set(JUDGES) == set(Kind) - {Kind.TABLE_CONVENTION_CHANGED}


# --- nothing where nothing changed


@given(libraries())
def test_a_library_differs_from_itself_in_nothing(library: Library) -> None:
    assert judge(library, library).findings == ()


@given(libraries(), st.randoms(use_true_random=False))
def test_order_and_docs_say_nothing(library: Library, random: Random) -> None:
    assert judge(library, shuffled(library, random)).findings == ()


@pytest.mark.parametrize("path", ABIS, ids=lambda path: path.stem)
def test_order_and_docs_say_nothing_in_real_ones(path: Path) -> None:
    library = library_at(path)
    verdict = judge(library, shuffled(library, Random(5)))
    assert verdict.findings == ()
    assert verdict.level is None
    assert verdict.is_honest


def shuffled(library: Library, random: Random) -> Library:
    """The same with other docs, and in another order where that means nothing."""
    entries = [
        each for each in library.declarations if isinstance(each, (EntryFunction, EntryStatic))
    ]
    others = [each for each in library.declarations if each not in entries]
    declared = [replace(each, doc=Doc(("Other words.",))) for each in others]
    for at, each in enumerate(declared):
        if isinstance(each, EnumDecl):
            declared[at] = replace(each, values=tuple(random.sample(each.values, len(each.values))))
        elif isinstance(each, Aggregate) and each.is_union:
            declared[at] = replace(each, fields=tuple(random.sample(each.fields, len(each.fields))))
    # What holds another by value stands behind it, so that only the rest is free to move.
    return replace(library, doc=Doc(("Other.",)), declarations=(*declared, *entries))


# --- an answer to anything


def test_any_two_libraries_are_judged() -> None:
    """Random ones differ in everything at once."""
    made = [replace(each, name="lib", targets=TRIPLES) for each in sample(150, seed=7)]
    for old, new in pairwise(made):
        verdict = judge(old, replace(new, version=Version(1, 0, 1)))
        assert verdict.level is not None or not verdict.findings
        assert Version.parse(verdict.required) is not None


def test_what_is_laid_out_for_some_types_is_what_all_have() -> None:
    """Only what changed, and what holds it, is laid out."""
    made = [replace(each, name="lib", targets=TRIPLES) for each in sample(40, seed=11)]
    seen = 0
    for old, new in pairwise(made):
        touched = frozenset(each.subject.partition(".")[0] for each in differences(old, new))
        sides = Described(old), Described(new)
        whole, some = Context(*sides, {}), Context(*sides, {}, touched)
        for each in new.declarations:
            if each.name in touched:
                assert some.effects(each.name) == whole.effects(each.name)
                seen += bool(whole.effects(each.name))
    assert seen > 20


# --- one cause


def test_an_insertion_is_told_once_with_what_it_moves() -> None:
    old = "vtable T { state: *mut void, fn a(self: const); fn b(self: const); }" + PLUGIN
    new = (
        "vtable T { state: *mut void, fn n(self: const); fn a(self: const); fn b(self: const); }"
        + PLUGIN
    )
    (found,) = verdict_of(old, new).findings
    assert told(found) == [
        "moves 2 slots by 8 bytes",
        "`T` grows from 24 to 32 bytes",
        "other numbers on 4 targets",
        "reached through `open`",
    ]
    assert found.consequences[0].details == ("a 8 -> 16", "b 16 -> 24")


def test_what_holds_a_struct_that_grew_is_told_under_it() -> None:
    held = " struct R { t: T, z: u64 } entry fn open() -> *const R;"
    (found,) = verdict_of(
        "struct T { a: u32 }" + held, "struct T { a: u64, b: u64 }" + held
    ).findings[:1]
    assert "`R.t` holds it: moves 1 member by 8 bytes" in told(found)


def test_numbers_that_shift_are_told_under_the_value_that_came() -> None:
    (found,) = verdict_of(
        "enum T { A, B } entry fn f() -> T;", "enum T { N, A, B } entry fn f() -> T;"
    ).findings
    assert found.subject == "T.N"
    assert found.consequences[0].details == ("A = 0 -> 1", "B = 1 -> 2")


def test_a_bound_is_told_once_with_the_arrays_that_it_is_the_length_of() -> None:
    text = "const N: u32 = {}; struct T {{ a: [u8; N], b: u8 }}" + PLUGIN
    (found,) = verdict_of(text.format(4), text.format(5)).findings
    assert found.subject == "N"
    assert "`T.a` has another length: `[u8; 4]` -> `[u8; 5]`" in told(found)


def test_a_number_is_told_once_with_the_defaults_that_it_is() -> None:
    text = (
        "const N: u32 = {}; @object(state) vtable T {{ @default(N) v: u32, state: *mut void,"
        " fn f(self: const); }}" + PLUGIN
    )
    (found,) = verdict_of(text.format(4), text.format(5)).findings
    assert found.subject == "N"
    assert "`T.v` has another default: `@default(4)` -> `@default(5)`" in told(found)


def test_room_for_an_error_that_grew_is_written_past_its_end() -> None:
    text = (
        "@error_buffer(t) struct E {{ n: u32, t: [u8; {}] }}"
        " @error(why) entry fn f(why: *mut E) -> bool;"
    )
    (found,) = verdict_of(text.format(8), text.format(16)).findings
    assert found.cells.binary.new_plugin_old_host is Outcome.WRITES_PAST_END


def test_an_alias_is_told_once() -> None:
    text = "type Id = {}; struct T {{ a: Id, b: Id }} entry fn f(x: Id) -> Id;" + PLUGIN
    (found,) = verdict_of(text.format("u32"), text.format("u64")).findings
    assert found.subject == "Id"


def test_a_shared_member_of_vtables_is_told_once() -> None:
    text = """
        vtable convention shape {{ state: *mut void, {} ... drop fn drop(self: own) }}
        vtable A: shape {{ fn a(self: const); }}
        vtable B: shape {{ fn b(self: const); }}
        struct T {{ a: *const A, b: *const B }}
    """
    new = text.format("fn n(self: const),")
    (found,) = verdict_of(text.format("") + PLUGIN, new + PLUGIN).findings
    assert found.rule.code == "C0111"
    assert found.subject == "shape.n"


@pytest.mark.parametrize(
    ("gone", "where"),
    [
        ("fn b(self: const);", "T {"),
        ("entry fn more(x: u32);", "test 1.3.0"),
    ],
)
def test_what_is_gone_is_told_where_it_is_missing(gone: str, where: str) -> None:
    """Which is in the file that is reviewed; where it was is a place beside that."""
    old = (
        "abi test {}; vtable T {{ state: *mut void, fn b(self: const); fn c(self: const, x: u32); }}"
        " entry fn open() -> *const T; entry fn more(x: u32);"
    )
    new = old.replace(gone, "", 1)
    before, after = library_of(old.format("1.2.0")), library_of(new.format("1.3.0"))
    [told] = diagnostics_of(judge(before, after).findings)
    assert told.span is not None
    assert new.format("1.3.0")[told.span.start :].startswith(where)
    here = next(note for note in told.notes if note.message == "it was here")
    assert here.span is not None
    assert (
        gone.rpartition("fn ")[2]
        .lstrip(", ")
        .startswith(old.format("1.2.0")[here.span.start :][:4])
    )


SHARED = """
    vtable convention shape {{ state: *mut void, {} ... drop fn drop(self: own) }}
    vtable A: shape {{ fn a(self: const); {own} }}
    vtable B: shape {{ fn b(self: const); {own} }}
    struct T {{ a: *const A, b: *const B }}
"""


@pytest.mark.parametrize(
    ("member", "rule", "level", "outcome"),
    [
        ("fn n(self: const, count: u32);", "parameter-renamed", Level.COMPATIBLE, Outcome.FINE),
        ("fn m(self: const, of: u32);", "slot-renamed", Level.COMPATIBLE, Outcome.FINE),
        (
            "@deprecated(1.0.1) fn n(self: const, of: u32);",
            "made-deprecated",
            Level.COMPATIBLE,
            Outcome.FINE,
        ),
        ("fn n(self: const, of: u64);", "width-changed", Level.BREAKING, Outcome.WRONG_CALL),
        ("", "slot-removed", Level.BREAKING, Outcome.WRONG_FUNCTION),
    ],
)
def test_a_shared_member_is_judged_by_what_became_of_it(
    member: str, rule: str, level: Level, outcome: Outcome
) -> None:
    """By the rule of that, too: an exception for one of them accepts no other, and so no removal."""
    old = SHARED.format("fn n(self: const, of: u32);", own="")
    (found,) = verdict_of(old + PLUGIN, SHARED.format(member, own="") + PLUGIN).findings
    assert found.rule.slug == rule
    assert found.subject.startswith("shape.")
    assert (found.level, found.cells.binary.old_plugin_new_host) == (level, outcome)


def test_what_vtables_have_of_their_own_is_not_shared() -> None:
    old, new = (SHARED.format("", own=own) for own in ("fn x(self: const);", "fn y(self: const);"))
    found = verdict_of(old + PLUGIN, new + PLUGIN).findings
    assert [(each.rule.code, each.subject) for each in found] == [
        ("C0104", "A.y"),
        ("C0104", "B.y"),
    ]


def test_what_may_change_may_change_beside_what_grows() -> None:
    text = (
        "vtable T {{ state: *mut void, fn a(self: const); @unstable fn u(self: const, n: {}); {} }}"
    )
    new = text.format("u64", "@since(1.3.0) fn e(self: const);") + PLUGIN
    verdict = verdict_of(text.format("u32", "") + PLUGIN, new)
    levels = {each.subject: each.level for each in verdict.findings}
    assert levels == {"T.u.n": Level.COMPATIBLE, "T.e": Level.APPEND_ONLY}


def test_targets_are_named_where_they_differ() -> None:
    (found,) = verdict_of(
        "struct T { a: c_long, b: u32 }" + PLUGIN, "struct T { a: i64, b: u32 }" + PLUGIN
    ).findings
    assert found.targets is not None
    assert "x86_64-pc-windows-msvc" in found.targets
    assert "x86_64-unknown-linux-gnu" not in found.targets


def test_a_type_that_is_the_same_on_all_targets_of_the_abi_is_no_break() -> None:
    text = 'targets "x86_64-unknown-linux-gnu"; struct T {{ a: {} }}' + PLUGIN
    verdict = verdict_of(text.format("c_long"), text.format("i64"))
    assert [each.level.value for each in verdict.findings] == ["compatible"]


def test_a_swap_of_slots_of_one_type_is_said() -> None:
    a, b = "fn a(self: const);", "fn b(self: const);"
    text = "vtable T {{ state: *mut void, {}{} }}" + PLUGIN
    (found,) = verdict_of(text.format(a, b), text.format(b, a)).findings
    assert found.rule.slug == "slots-swapped"
    assert "`T.a` and `b` changed places, or names" in found.message


def test_by_value_limits_are_told_for_each_target() -> None:
    text = "struct T {{ a: u64, b: u64{} }} entry fn f(t: T);"
    (found,) = verdict_of(text.format(""), text.format(", @since(1.3.0) c: u64")).findings
    (passed,) = [each for each in found.consequences if "by value" in each.text]
    details = "\n".join(passed.details)
    assert (
        "x86_64-unknown-linux-gnu, x86_64-apple-darwin: in a register and a register -> in 24 bytes"
        " of memory" in details
    )
    # What is in memory before and after has another size there.
    assert "in 16 bytes of memory -> in 24 bytes of memory" in details


def test_an_integer_that_becomes_a_float_crosses_in_another_register() -> None:
    text = "struct T {{ a: {} }} entry fn f(t: T);"
    (found,) = verdict_of(text.format("u64"), text.format("f64")).findings
    assert any("by value" in each.text for each in found.consequences)


@pytest.mark.parametrize(
    ("convention", "target"),
    [
        ("stdcall", "i686-unknown-linux-gnu"),
        ("system", "i686-pc-windows-msvc"),
        ("vectorcall", "x86_64-pc-windows-msvc"),
        ("win64", "x86_64-unknown-linux-gnu"),
        ("sysv64", "x86_64-pc-windows-msvc"),
    ],
)
def test_a_convention_breaks_where_it_is_another_one(convention: str, target: str) -> None:
    text = "entry {} fn f(a: u32);"
    new = text.format(f'extern "{convention}"')
    (found,) = verdict_of(text.format(""), new).findings
    assert found.targets is not None
    assert target in found.targets
    assert "aarch64-apple-darwin" not in found.targets


def test_what_may_change_without_a_version_does() -> None:
    text = "vtable T {{ state: *mut void, @unstable fn a(self: const{}); }}" + PLUGIN
    verdict = verdict_of(text.format(""), text.format(", x: u8"))
    assert [each.level.value for each in verdict.findings] == ["compatible"]


def test_what_is_used_of_another_file_counts_and_the_rest_does_not() -> None:
    text = 'abi test 1.{}.0; import "other.abi"; struct T {{ a: Inner, b: u32 }}' + PLUGIN
    other = "abi other 1.0.0; struct Inner {{ x: u32{} }} struct Unused {{ y: u32{} }}"
    old = library_of(text.format(2), {"other.abi": other.format("", "")})
    grown = library_of(text.format(3), {"other.abi": other.format(", z: u32", ", z: u32")})
    (found,) = judge(old, grown).findings
    assert found.subject == "Inner.z"
    assert "`T.a` holds it: moves 1 member by 4 bytes" in told(found)
    apart = library_of(text.format(3), {"other.abi": other.format("", ", z: u32")})
    assert judge(old, apart).findings == ()
