"""Declarations mean what docs/language.md says."""

from __future__ import annotations

import pytest

from abilock.model import types
from abilock.model.decls import Callback, Receiver, Vtable
from abilock.model.text import signature_text, slot_words, type_text
from abilock.model.types import Aggregate
from support.library import codes_of, library_of


def field_type(written: str, before: str = "") -> types.Type:
    found = library_of(f"{before} struct S {{ x: {written} }}").find("S")
    assert isinstance(found, Aggregate)
    return found.fields[0].type


@pytest.mark.parametrize(
    "written",
    [
        "u32",
        "*const u8?",
        "*const (*mut void?)",
        "*mut *const c_char",
        "[[u8; 3]; 4]",
        "fn(a: i32, ...) -> bool",
        "(fn(x: u8) -> u8)?",
        'extern "stdcall" fn() -> i32',
        "*mut S",
        "fn(*const fn(*mut void)) -> fn() -> u8",
    ],
)
def test_type_text_is_what_was_written(written: str) -> None:
    assert type_text(field_type(written)) == written


def test_char_is_c_char() -> None:
    assert field_type("*const char") == types.Pointer(types.Scalar("c_char"), mutable=False)


def test_nullable_callback() -> None:
    assert field_type("Cb?", "callback Cb(n: u8);") == types.Named("Cb", nullable=True)


def test_nullable_alias_of_a_pointer() -> None:
    assert field_type("P?", "type P = *mut u8;") == types.Named("P", nullable=True)


def test_question_mark_needs_a_pointer() -> None:
    assert codes_of("type N = u32; struct S { x: N? }") == ["A0207"]


def test_convention_members_are_in_place() -> None:
    found = library_of(
        """
        vtable convention shared { state: *mut void, tag: u32, ... drop fn end(self: own) }
        vtable V: shared { fn get(self: const) -> u8; optional fn put(self: mut, n: u8) }
        """
    ).find("V")
    assert isinstance(found, Vtable)
    assert [member.name for member in found.members] == ["state", "tag", "get", "put", "end"]
    assert [slot.receiver for slot in found.slots] == [Receiver.CONST, Receiver.MUT, Receiver.OWN]
    assert signature_text(found.slots[2].signature, "end") == "fn end(self: own)"


@pytest.mark.parametrize("words", ["", "optional ", "drop ", "optional drop "])
def test_what_stands_before_a_slot(words: str) -> None:
    found = library_of(f"vtable V {{ state: *mut void, {words}fn end(self: own) }}").find("V")
    assert isinstance(found, Vtable)
    (slot,) = found.slots
    assert slot.optional == ("optional" in words)
    assert slot.drop == ("drop" in words)
    assert slot_words(slot) == words.rstrip()


def test_own_hands_over() -> None:
    found = library_of("callback Cb(item: own *mut u8?) -> own *mut u8;").find("Cb")
    assert isinstance(found, Callback)
    assert found.signature.parameters[0].own
    assert found.signature.result is not None
    assert found.signature.result.own


def test_imports_are_visible_but_not_passed_on() -> None:
    others = {
        "a.abi": 'abi a 1.0.0; import "b.abi"; struct A { b: B }',
        "b.abi": "abi b 1.0.0; struct B { x: u8 }",
    }
    library = library_of('import "a.abi"; struct S { a: A }', others)
    assert {name: owner.name for name, owner in library.imported.items()} == {"A": "a", "B": "b"}
    assert [declaration.name for declaration in library.declarations] == ["B", "A", "S"]
    assert codes_of('import "a.abi"; struct S { b: B }', others) == ["A0201"]


def test_import_cycle_through_two_files() -> None:
    others = {
        "a.abi": 'abi a 1.0.0; import "b.abi"; struct A { x: u8 }',
        "b.abi": 'abi b 1.0.0; import "a.abi"; struct B { x: u8 }',
    }
    assert codes_of('import "a.abi";', others) == ["A0104"]


def test_order_follows_containment() -> None:
    library = library_of("struct A { b: B, c: *mut C } struct B { x: u8 } struct C { a: A }")
    assert [declaration.name for declaration in library.declarations] == ["B", "A", "C"]


@pytest.mark.slow
def test_a_deep_chain_of_structs() -> None:
    count = 1500
    text = "".join(f"struct S{i} {{ x: S{i + 1} }}\n" for i in range(count))
    library = library_of(text + f"struct S{count} {{ x: u8 }}")
    assert library.declarations[0].name == f"S{count}"


def test_every_problem_is_reported_in_one_run() -> None:
    text = "struct A { x: Nope }\nstruct B { y: [u8; 0] }\nenum E: u8 { V = 256 }\nstruct { }\n"
    assert codes_of(text) == ["A0201", "A0303", "A0302", "A0010"]


@pytest.mark.parametrize(
    "word", "abi type fn state entry opaque own mut open flags import drop struct_".split()
)
def test_contextual_words_are_names(word: str) -> None:
    library_of(
        f"struct S {{ {word}: u8 }} callback Cb({word}: u8);"
        f" vtable V {{ state: *mut void, fn {word}_(self: mut, {word}: u8) }} enum E {{ {word} }}"
    )


def test_a_declaration_may_have_a_contextual_name() -> None:
    library = library_of("struct flags { opaque: u8 } vtable vtable { x: flags, y: *mut vtable }")
    assert [declaration.name for declaration in library.declarations] == ["flags", "vtable"]


def test_since_is_judged_by_the_file_that_says_it() -> None:
    others = {"base.abi": "abi base 2.0.0; @since(1.5.0) entry fn base_init() -> u32;"}
    assert codes_of('import "base.abi"; struct S { a: u8 }', others) == []


def test_since_counts_in_the_version_that_plugins_tell() -> None:
    text = 'struct S { a: u8, @since(1.3.0) b: u8 } @version const SDK: str = "%s";'
    assert codes_of(text % "1.2.9") == ["A0502"]
    assert codes_of(text % "1.3.0") == []
    library = library_of(text % "1.3.0")
    assert (str(library.version), library.compared) == ("1.2.0", "1.3.0")
    # What another file says of its own plugins holds there.
    others = {"base.abi": 'abi base 9.0.0; @version const BASE: str = "7.0.0"; struct B { a: u8 }'}
    importer = library_of('import "base.abi"; struct S { a: u8 }', others)
    assert (importer.compared, importer.imports[0].compared) == ("1.2.0", "7.0.0")


def test_the_name_of_an_entry_is_its_symbol() -> None:
    assert codes_of("entry fn delete();") == ["A0106"]
    assert codes_of("struct S { delete: u8 }") == []


def test_a_constant_leaves_the_macros_of_the_header_alone() -> None:
    assert codes_of("const TEST_SIZE: u32 = 1;") == ["A0107"]
