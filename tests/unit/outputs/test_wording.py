"""Every attribute is told of, or known to say nothing."""

from __future__ import annotations

import pytest

from abilock.check.attribute_table import ATTRIBUTES
from abilock.model.attributes import Applied, Attribute, Attributes, Below, Formula, Number, Word
from abilock.model.decls import Vtable
from abilock.model.types import Named, Pointer, Void
from abilock.model.version import Version
from abilock.outputs.wording import (
    SENTENCES,
    SILENT,
    SPECIAL,
    allocator_remarks,
    remarks,
    slot_remarks,
)
from support.library import library_of


def said(name: str, *arguments: object) -> tuple[str, ...]:
    return remarks(Attributes((Attribute(name, arguments),)))  # type: ignore[arg-type]


def test_no_attribute_is_forgotten() -> None:
    assert set(ATTRIBUTES) == {*SENTENCES, *SILENT, *SPECIAL}
    assert len(ATTRIBUTES) == len(SENTENCES) + len(SILENT) + len(SPECIAL)


@pytest.mark.parametrize("name", sorted(ATTRIBUTES))
def test_every_choice_of_arguments_makes_sentences(name: str) -> None:
    rule = ATTRIBUTES[name]
    for count in range(rule.required, len(rule.arguments) + 1):
        words = [
            argument.words[0] if argument.words else "x" for argument in rule.arguments[:count]
        ]
        for sentence in said(name, *map(Word, words)):
            assert sentence.endswith(".")
            assert "{" not in sentence
    for argument in rule.arguments[:1]:
        for word in argument.words:
            assert all("{" not in sentence for sentence in said(name, Word(word)))


def test_sentences() -> None:
    assert said("len", Formula("a * b", ("a", "b"))) == ("Number of elements: `a * b`.",)
    assert said("fails", Below("<", 0), Number(7)) == ("Failure: < 0, 7.",)
    assert said("until", Word("drop")) == ("Borrowed until the object is dropped.",)
    assert said("until", Applied("until", (Word("stop"),))) == ("Borrowed until `stop`.",)
    assert said("deprecated", Version(1, 2, 0)) == ("Deprecated since 1.2.0.",)
    assert said("packed", Number(2)) == said("ctx") == ()


def test_ownership_and_null_come_first() -> None:
    pointer = Pointer(Void(), mutable=True, nullable=True)
    nul = Attributes((Attribute("nul"),))
    owned = ("Whoever receives it owns it.", "May be null.", "Ends with NUL.")
    assert remarks(nul, own=True, type_=pointer) == owned
    assert remarks(Attributes(), type_=Named("Cb")) == ()
    assert remarks(Attributes(), type_=Named("Cb", nullable=True)) == ("May be null.",)


def test_slots_and_allocators() -> None:
    library = library_of(
        "/// Ours.\nallocator a = malloc/free @unix, process_heap @windows;\n"
        "vtable V { state: *mut void; optional fn x(self: own); drop fn d(self: own); }"
        "vtable W { state: *mut void; optional drop fn e(self: own); }"
    )
    text = "The allocator `a`: malloc/free on unix, process_heap on windows."
    assert allocator_remarks(library.allocators) == (text, "Ours.")
    vtable = library.find("V")
    other = library.find("W")
    assert isinstance(vtable, Vtable)
    assert isinstance(other, Vtable)
    optional, drop, both = (*vtable.slots, *other.slots)
    assert slot_remarks(optional) == ("May be null.", "Takes the object, which is gone then.")
    assert slot_remarks(drop) == ()
    assert slot_remarks(both) == ("May be null.",)
