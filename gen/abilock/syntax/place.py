"""Where the tokens of an item stop being one, and what is around that place."""

from __future__ import annotations

from collections.abc import Sequence

from abilock.syntax.lexemes import PlacedToken
from abilock.syntax.tokens import introduction

ITEM_WORDS = (
    "abi compat targets import allocator type const struct union opaque enum open flags callback"
    " vtable entry optional extern".split()
)
_BRACKETS = {"LBRACE": 1, "LPAR": 1, "LSQB": 1, "RBRACE": -1, "RPAR": -1, "RSQB": -1}
_SEPARATORS = frozenset({"COMMA", "SEMICOLON"})
_ADDITIVE = frozenset({"PLUS", "MINUS", "SHIFT_LEFT", "SHIFT_RIGHT"})
#: What a type stands behind.
_BEFORE_TYPES = frozenset({"COLON", "ARROW", "EQUAL", "LSQB"})
#: What is no part of the plain types of C.
_NO_TYPES = frozenset(
    """COMMA SEMICOLON COLON EQUAL ARROW LBRACE RBRACE LPAR RPAR LSQB RSQB AT DOC LESS MORE QMARK PATH DOT
    AMPERSAND FN OWN EXTERN""".split()
)


class Place:
    """``found`` is the token that did not fit, at the index ``at`` of ``tokens``; one of the kinds
    ``accepted`` was needed there."""

    def __init__(self, tokens: Sequence[PlacedToken], at: int, accepted: frozenset[str]) -> None:
        self.tokens = tokens
        self.at = at
        self.found = tokens[at]
        self.accepted = accepted

    def kind(self, offset: int) -> str:
        """The kind of the token so many places behind the one that did not fit, or nothing."""
        at = self.at + offset
        return self.tokens[at].type if 0 <= at < len(self.tokens) else ""

    def text(self, offset: int) -> str:
        at = self.at + offset
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    @property
    def begins_item(self) -> bool:
        return {"VTABLE", "STRUCT"} <= self.accepted and "NAME" not in self.accepted

    @property
    def in_list(self) -> bool:
        """Whether the list in the braces here may go on or end."""
        return {"COMMA", "RBRACE"} <= self.accepted

    @property
    def in_parameters(self) -> bool:
        return {"COMMA", "RPAR"} <= self.accepted

    @property
    def in_expression(self) -> bool:
        """Whether an operator may follow."""
        return self.accepted >= _ADDITIVE

    @property
    def ends_signature(self) -> bool:
        """Whether the place is behind a function's parameters or result."""
        ends = bool(self.accepted & {"SEMICOLON", "RBRACE"})
        return "ARROW" in self.accepted or (self.kind(-2) == "ARROW" and ends)

    @property
    def introducer(self) -> str:
        """The kind of the first token behind docs and attributes."""
        return introduction(token.type for token in self.tokens)

    def part(self) -> Sequence[PlacedToken]:
        """The member or parameter around the place, without its separators."""
        return self.tokens[self._edge(-1) + 1 : self._edge(1)]

    def function_name(self) -> str:
        """The name behind the first ``fn``, if the item begins with words before that."""
        for index, token in enumerate(self.tokens[:-1]):
            if token.type == "FN":
                return self.tokens[index + 1].text
            if token.type in ("LBRACE", "LPAR", "COLON", "EQUAL"):
                break
        return ""

    def type_part(self) -> Sequence[PlacedToken]:
        """What stands as a type around the place, or nothing."""
        start = self.at
        while start and self.tokens[start - 1].type not in _BEFORE_TYPES:
            if self.tokens[start - 1].type in _NO_TYPES:
                return ()
            start -= 1
        before = self.tokens[start - 1].type if start else ""
        if not before or (before == "EQUAL" and self.introducer != "TYPE"):
            return ()
        end = self.at
        while end < len(self.tokens) and self.tokens[end].type not in _NO_TYPES:
            end += 1
        return self.tokens[start:end] if start <= self.at < end else ()

    def _edge(self, step: int) -> int:
        """The first separator outside of brackets, or bracket around, in one direction."""
        depth = 0
        at = self.at - (step < 0)
        while 0 <= at < len(self.tokens):
            kind = self.tokens[at].type
            if depth == 0 and (kind in _SEPARATORS or _BRACKETS.get(kind, 0) == -step):
                return at
            depth += _BRACKETS.get(kind, 0) * step
            at += step
        return at


def missing_hint(accepted: frozenset[str]) -> str | None:
    """What separates, ends or follows things, where that is missing."""
    if {"VTABLE", "STRUCT"} <= accepted and "NAME" not in accepted:
        return "docs and attributes stand before an item"
    if {"COMMA", "RBRACE"} <= accepted:
        return "between braces, `,` or `;` separates"
    if {"COMMA", "RPAR"} <= accepted:
        return "parameters and arguments are separated by `,`"
    return "an item that has no braces ends with `;`" if "SEMICOLON" in accepted else None


def shown(token: PlacedToken) -> str:
    """The text of a token, not all of a long one."""
    text = token.text
    return text if len(text) <= 40 else f"{text[:40]}…"
