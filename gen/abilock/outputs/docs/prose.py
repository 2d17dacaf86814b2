"""What the reference says of fields, parameters, results and values, each on a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from abilock.model import decls
from abilock.model.attributes import Attributes
from abilock.model.c_names import given_c_name, value_c_name, value_prefix
from abilock.model.types import Aggregate, Doc, Field, Signature, Type
from abilock.outputs.comments import markdown_cell, markdown_lines
from abilock.outputs.docs.links import Links, Scope
from abilock.outputs.docs.ownership import Owner, ownership
from abilock.outputs.wording import remarks


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences of one library about what ``scope`` says."""

    library: decls.Library
    links: Links
    scope: Scope = Scope()

    def about(self, declaration: decls.Declaration) -> Prose:
        """Sentences about a declaration."""
        return replace(self, scope=Scope(declaration.name).among(_inside(declaration)))

    def about_slot(self, slot: decls.Slot) -> Prose:
        """Sentences about a slot of the vtable that these are about."""
        return replace(self, scope=self.scope.among(_parameters(slot.signature)))

    def of_doc(self, doc: Doc) -> tuple[str, ...]:
        """Doc text as it was written."""
        return self.links.in_lines(markdown_lines(doc.lines), self.scope)

    def of_remarks(self, sentences: Iterable[str]) -> Iterator[str]:
        """Sentences, each by itself. They may quote strings of the description, which may hold anything."""
        return (self.links.in_text(markdown_cell(sentence), self.scope) for sentence in sentences)

    def of_field(self, field: Field) -> str:
        said = self._text(Owner.HOLDER, field.type, field.own, field.doc, field.attributes)
        return " ".join(filter(None, (said, *in_c(field.attributes))))

    def of_value(self, enum: decls.EnumDecl, value: decls.EnumValue) -> str:
        alias = (f"Another name of `{value.alias_of}`.",) if value.alias_of else ()
        named = value_in_c(enum, value)
        return self._joined((*value.doc.lines, *alias, *named, *remarks(value.attributes)))

    def of_signature(self, signature: Signature) -> Iterator[str]:
        """A line for each parameter of which there is something to say, and for the result.

        ex) ``` `event` ([`FfiEvent`](#ffievent)): The change. May be null.```
        """
        for given in signature.parameters:
            if not given.receiver:
                said = self._text(Owner.CALLEE, given.type, given.own, given.doc, given.attributes)
                yield from self._line(f"`{given.name or '_'}`", given.type, said)
        result = signature.result
        if result is not None:
            said = self._text(Owner.CALLER, result.type, result.own, Doc(), result.attributes)
            yield from self._line("Result", result.type, said)

    def _line(self, what: str, given: Type, said: str) -> Iterator[str]:
        types = ", ".join(map(self.links.name, self.links.mentioned([given])))
        head = f"{what} ({types})" if types else what
        if said:
            yield f"{head}: {said}"
        elif types:
            yield head

    def _text(self, owner: Owner, given: Type, own: bool, doc: Doc, attributes: Attributes) -> str:
        is_told = "null" in " ".join(doc.lines).lower()
        parts = (
            self._joined(doc.lines),
            ownership(owner, given, own, attributes, self.library, self.links),
            self._joined(remarks(attributes, type_=None if is_told else given)),
        )
        return " ".join(filter(None, parts))

    def _joined(self, sentences: Iterable[str]) -> str:
        return self.links.in_text(markdown_cell(" ".join(filter(None, sentences))), self.scope)


def in_c(attributes: Attributes) -> tuple[str, ...]:
    """What a name is in headers, if it is another there."""
    given = given_c_name(attributes)
    return () if given is None else (f"In C: `{given}`.",)


def value_in_c(enum: decls.EnumDecl, value: decls.EnumValue) -> tuple[str, ...]:
    if value_prefix(enum) is None:
        return in_c(value.attributes)
    return (f"In C: `{value_c_name(enum, value)}`.",)


def _inside(declaration: decls.Declaration) -> Iterator[str | None]:
    match declaration:
        case Aggregate() | decls.Vtable():
            members = decls.members_of(declaration)
            yield from (each.name for each in members if isinstance(each, Field))
        case decls.EnumDecl():
            yield from (value.name for value in declaration.values)
        case decls.Callback() | decls.EntryFunction():
            yield from _parameters(declaration.signature)
        case _:
            return


def _parameters(signature: Signature) -> Iterator[str | None]:
    return (parameter.name for parameter in signature.parameters)
