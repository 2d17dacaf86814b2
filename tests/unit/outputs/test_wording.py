"""Every attribute is told of, or known to say nothing."""

from __future__ import annotations

import re

import pytest

from abilock.check.attribute_table import ATTRIBUTES
from abilock.commands.attribute_examples import EXAMPLES
from abilock.model.attributes import Applied, Attribute, Attributes, Below, Formula, Number, Word
from abilock.model.decls import EntryFunction, Vtable
from abilock.model.types import Named, Pointer, Void
from abilock.model.version import Version
from abilock.outputs.wording import (
    OUTCOMES,
    SENTENCES,
    SILENT,
    SPECIAL,
    allocator_remarks,
    remarks,
    slot_remarks,
)
from support.library import library_of
from support.rendering import header_text


def said(name: str, *arguments: object) -> tuple[str, ...]:
    return remarks(Attributes((Attribute(name, arguments),)))  # type: ignore[arg-type]


def test_no_attribute_is_forgotten() -> None:
    tables = (SENTENCES, OUTCOMES, SILENT, SPECIAL)
    assert sorted(ATTRIBUTES) == sorted(name for table in tables for name in table)


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
    assert said("len", Formula("a * b", ("a", "b"))) == ("Points to `a * b` elements.",)
    assert said("fails", Below("<", 0), Number(7)) == ("A negative value or 7 means failure.",)
    assert said("until", Word("drop")) == ("Valid until the object is destroyed; do not free it.",)
    assert said("until", Applied("until", (Word("stop"),))) == (
        "Valid until `stop` is called; do not free it.",
    )
    assert said("deprecated", Version(1, 2, 0)) == ("Deprecated since 1.2.0.",)
    assert said("packed", Number(2)) == said("ctx") == ()


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("@fails(< 0)", "A negative value means failure."),
        ("@fails(<= -2)", "Any value <= -2 means failure."),
        ("@fails(null)", "Null means failure."),
        ("@ok(0)", "0 means success."),
        ("@ok(true)", "True means success."),
        ("@ok(Done, Late) @errors(E)", "`Done` or `Late` means success."),
        ("@retry(-2)", "-2 means that there was too little room: call again with more."),
    ],
)
def test_outcomes_are_told_in_words(written: str, sentence: str) -> None:
    result = {"@fails(null)": "*mut void?", "@ok(true)": "bool"}.get(written, "i32")
    result = "E" if "Done" in written else result
    room = "room: *mut u8 @capacity(n) @out, n: usize" if "retry" in written else ""
    library = library_of(f"enum E {{ Done, Late, Lost }} {written} entry fn f({room}) -> {result};")
    entry = library.find("f")
    assert isinstance(entry, EntryFunction)
    assert remarks(entry.attributes)[0] == sentence


def test_what_destroys_a_handle_and_what_ends_a_callback() -> None:
    library = library_of(
        "type H = u32; callback C(@ctx u: *mut void); @destroy(h) entry fn end(h: H);"
        "entry fn on(c: C @scope(drop) @ctx(u) @destroy(e), u: *mut void, e: C @scope(once) @ctx(u));"
    )
    end, on = library.find("end"), library.find("on")
    assert isinstance(end, EntryFunction)
    assert isinstance(on, EntryFunction)
    assert remarks(end.attributes) == ("Destroys the handle `h`.",)
    first = on.signature.parameters[0]
    assert remarks(first.attributes, type_=first.type) == (
        "May be called until the object is destroyed.",
        "Gets `u` as its context.",
        "`e` is called when this is no longer needed.",
    )


#: Words that only those who know the language understand in the sense that they have in it.
JARGON = re.compile(
    r"\b(borrowed|lent|outlive|drop(ped)?|view|sibling|scope|receiver's)\b|: [<>]", re.I
)


def test_sentences_need_no_knowledge_of_the_language() -> None:
    """Those of the examples, which have every attribute."""
    seen = 0
    for example in EXAMPLES:
        bare = library_of(re.sub(r"//.*", "", example.text))
        for line in header_text(bare).splitlines():
            if re.match(r"\s*/?\*", line):
                seen += 1
                assert not JARGON.search(re.sub(r"`[^`]*`", "", line)), line
    assert seen > 100


def test_ownership_and_null_come_first() -> None:
    pointer = Pointer(Void(), mutable=True, nullable=True)
    nul = Attributes((Attribute("nul"),))
    owned = ("Whoever receives it owns it.", "May be null.", "Ends with a NUL character.")
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
    assert slot_remarks(optional) == (
        "May be null.",
        "Takes the object over; do not use it afterwards.",
    )
    assert slot_remarks(drop) == ()
    assert slot_remarks(both) == ("May be null.",)
