"""Structs, unions and vtables as ``repr(C)`` items."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.model.attributes import Attributes
from abilock.model.decls import Member
from abilock.model.naming import rust_aligner, rust_marker
from abilock.model.types import Aggregate, Doc, Field, Named, Pointer, Signature
from abilock.outputs.rust.checks import record_checks
from abilock.outputs.rust.printed import Documented, RecordItem
from abilock.outputs.rust.records import Record, RecordMember, bare
from abilock.outputs.rust.text import (
    attribute_remarks,
    deprecation_lines,
    doc_lines,
    signature_lines,
)
from abilock.outputs.rust_declarations import (
    UNSTABLE_CONVENTION,
    Around,
    Piece,
    RustTypes,
    declaration_lines,
)

#: How far the items of the inner module are indented, and their fields.
ITEM_INDENT = 4
FIELD_INDENT = 8

_ADDRESS_ONLY = (
    "The address of a function of the convention `vectorcall`, which stable Rust cannot call."
)


def record_item(record: Record, types: RustTypes) -> RecordItem:
    fields = tuple(_fields(record, types))
    return RecordItem(
        docs=record_docs(record),
        attributes=(
            *deprecation_lines(record.declaration.attributes),
            *derive_lines(record),
            f"#[repr({', '.join(_repr(record))})]",
        ),
        keyword="union" if record.is_union else "struct",
        name=record.name,
        fields=fields,
        checks=record_checks(record),
    )


def record_docs(record: Record, *more: str) -> tuple[str, ...]:
    """The record's docs; a helper type says what it is the type of."""
    if record.outer:
        return doc_lines(Doc((f"The type of `{record.outer}`.",)), more)
    declaration = record.declaration
    return doc_lines(declaration.doc, attribute_remarks(declaration.attributes), more)


def derive_lines(record: Record) -> tuple[str, ...]:
    names = ["Clone", "Copy"] if record.traits.copies else []
    names += ["Debug"] if record.traits.prints else []
    return (f"#[derive({', '.join(names)})]",) if names else ()


def member_piece(member: RecordMember, types: RustTypes) -> Piece:
    """The type of a member. ex) ``Option<unsafe extern "C" fn(state: *mut c_void)>``"""
    written = member.member
    if isinstance(written, Field):
        return types.piece(written.type, member.helper)
    function = types.function(written.signature, receiver_name(written.signature))
    optional = written.optional
    if optional and written.signature.convention != UNSTABLE_CONVENTION:
        return types.option(function)
    return function


def receiver_name(signature: Signature) -> str:
    """A slot's ``self``, which Rust reserves. ex) ``state``"""
    first = signature.parameters[0].type if signature.parameters else None
    if isinstance(first, Pointer) and isinstance(first.pointee, Named):
        return "self_"  # the object itself, and not what it keeps in a field
    taken = {each.name for each in signature.parameters if not each.receiver}
    return "self_" if "state" in taken else "state"


def member_docs(member: Member) -> tuple[str, ...]:
    if isinstance(member, Field):
        return doc_lines(member.doc, attribute_remarks(member.attributes, member.own, member.type))
    odd = member.signature.convention == UNSTABLE_CONVENTION
    more = _ADDRESS_ONLY if odd else ""
    return signature_docs(member.doc, member.attributes, member.signature, more)


def signature_docs(
    doc: Doc, attributes: Attributes, signature: Signature, *more: str
) -> tuple[str, ...]:
    lines = signature_lines(signature, receiver_name(signature))
    return doc_lines(doc, lines, attribute_remarks(attributes), more)


def _fields(record: Record, types: RustTypes) -> Iterator[Documented]:
    for member in record.members:
        written = member.member
        if isinstance(written, Field) and written.align is not None:
            yield Documented(
                (f"/// Aligns the field behind it to {written.align} bytes.",),
                (f"pub {rust_aligner(bare(member.name))}: {rust_marker(written.align)},",),
            )
        piece = member_piece(member, types)
        if record.is_union and not member.traits.copies:
            piece = Around("::core::mem::ManuallyDrop<", piece, ">")
        yield Documented(
            docs=(*member_docs(written), *deprecation_lines(written.attributes)),
            lines=declaration_lines(FIELD_INDENT, f"pub {member.name}: ", piece, ","),
        )


def _repr(record: Record) -> Iterator[str]:
    yield "C"
    if isinstance(record.declaration, Aggregate):
        packed, align = record.declaration.packed, record.declaration.align
        if packed is not None:
            yield "packed" if packed == 1 else f"packed({packed})"
        if align is not None:
            yield f"align({align})"
