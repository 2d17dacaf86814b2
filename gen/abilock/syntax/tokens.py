"""Text to tokens, and tokens to the stretches that hold one item each.

Guarantee: every token is one that the grammar uses; comments are set aside; each item's brackets are
balanced and not too deep. What broke a guarantee is reported and left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.source import SourceFile
from abilock.syntax import ast
from abilock.syntax.doc_comments import check_comment, check_doc, check_file_doc
from abilock.syntax.lexemes import PlacedToken, doc_text, new_token
from abilock.syntax.machine import lexemes, pieces
from abilock.syntax.strays import lost_names, report_stray

MAX_DEPTH = 64
#: Operators in one run of tokens without a separator: keeps chains such as ``1+1+…`` and ``**…`` short.
MAX_OPERATORS = 100

_OPENING = {"LBRACE": "RBRACE", "LPAR": "RPAR", "LSQB": "RSQB"}
_CLOSING = {closing: opening for opening, closing in _OPENING.items()}
_SEPARATORS = frozenset({"COMMA", "SEMICOLON"})
_OPERATORS = frozenset(
    """STAR SLASH PLUS MINUS TILDE PERCENT VBAR CIRCUMFLEX AMPERSAND SHIFT_LEFT SHIFT_RIGHT
    ARROW""".split()
)
#: What the parser does not see.
_SET_ASIDE = frozenset(
    """LINE_COMMENT BLOCK_COMMENT FILE_DOC UNTERMINATED_STRING UNTERMINATED_COMMENT BAD""".split()
)
#: What there is more to do with than to keep it.
_SPECIAL = _SET_ASIDE | {"DOC", "INTEGER", "STRING"}
#: What attributes and docs before an item consist of, seen from outside of brackets.
_DECOR = frozenset({"DOC", "AT", "LPAR", "RPAR"})
_BRACKETS = {**dict.fromkeys(_OPENING, 1), **dict.fromkeys(_CLOSING, -1)}
_ANGLES = {"LESS": 1, "MORE": -1, "SHIFT_RIGHT": -2}
#: The items that may have braces, in a type, but do not end with them.
_BODILESS = frozenset({"TYPE", "ENTRY", "OPTIONAL", "EXTERN", "CALLBACK"})
#: What an item may end with.
_ENDS = frozenset({"SEMICOLON", "RBRACE"})
#: What stands right before the name that an item declares.
_BEFORE_NAMES = frozenset(
    """TYPE CONST STRUCT UNION OPAQUE ENUM FLAGS CALLBACK VTABLE CONVENTION FN STATIC
    ALLOCATOR""".split()
)
_ITEM_KEYWORDS = frozenset(
    """ABI COMPAT TARGETS IMPORT ALLOCATOR TYPE CONST STRUCT UNION OPAQUE ENUM OPEN FLAGS CALLBACK
    VTABLE ENTRY""".split()
)
#: What, inside of brackets, neither begins nor ends anything.
_INERT = frozenset(
    """NAME INTEGER STRING VERSION DOC AT COLON QMARK EQUAL DOT PATH VARIADIC FN MUT OWN OPTIONAL DROP
    EXTERN STATIC CONVENTION LESS LESS_EQUAL MORE MORE_EQUAL""".split()
)
_REPLACED_IN_NAME = re.compile("(?<=[0-9A-Za-z_])\ufffd+|\ufffd+(?=[0-9A-Za-z_])")


@dataclass(frozen=True, slots=True)
class TokenStream:
    """The tokens of a file, its comments, and its ``//!`` lines; ``left_out``: where in the text
    something was reported that is no token, and ``lost`` the names that seem to be declared there."""

    tokens: tuple[PlacedToken, ...]
    comments: tuple[ast.Comment, ...]
    file_docs: tuple[str, ...]
    left_out: tuple[int, ...] = ()
    lost: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ItemTokens:
    """The tokens of one item; if it is not ``sound``, it was reported and is not to be parsed."""

    tokens: tuple[PlacedToken, ...]
    sound: bool


def tokenize(source: SourceFile, report: Report) -> TokenStream:
    """The tokens of the text; what is no token is reported and left out."""
    text = _readable(source)
    found = [new_token(piece) for piece in pieces(text, source) if piece[0] != "WHITESPACE"]
    comments: list[ast.Comment] = []
    file_docs: list[str] = []
    left_out: list[int] = []
    lost: set[str] = set()
    before: PlacedToken | None = None
    seen = 0
    for at in [at for at, token in enumerate(found) if token.type in _SPECIAL]:
        token = found[at]
        # What is before it, but for what is set aside.
        before = found[at - 1] if seen < at else before
        seen = at + 1
        kind = token.type
        if kind in ("LINE_COMMENT", "BLOCK_COMMENT"):
            comments.append(ast.Comment(token.text, token.span))
            check_comment(token.text, token.span, report)
        elif kind == "FILE_DOC":
            check_file_doc(token.span, before is not None, report)
            file_docs.append(doc_text(token.text))
        elif kind in _SET_ASIDE:
            start, end = token.start, token.end
            # Next to what was replaced, which was reported, nothing is news.
            if start not in source.replaced and end - 1 not in source.replaced:
                report_stray(kind, token.text, token.span, text[start - 1 : start], report)
            left_out.append(start)
            lost.update(lost_names(token.text))
        else:
            if kind == "DOC":
                check_doc(token, before, report)
            elif not token.is_good(report):
                left_out.append(token.start)
            before = token
    return TokenStream(
        tuple(each for each in found if each.type not in _SET_ASIDE),
        tuple(comments),
        tuple(file_docs),
        tuple(left_out),
        frozenset(lost),
    )


def _readable(source: SourceFile) -> str:
    """The text, in which names go on over what was replaced, so that they stay names."""
    if not source.replaced:
        return source.text
    return _REPLACED_IN_NAME.sub(
        lambda match: "_" * len(match[0]) if match.start() in source.replaced else match[0],
        source.text,
    )


def is_description(text: str) -> bool:
    """Whether the first item of a file is ``abi``, told without reading on. Lines of a preprocessor
    before it are one slip, and other things that are no token are another kind of file."""
    kinds = (kind if kind != "BAD" or text[at] == "#" else "" for kind, at, _ in lexemes(text))
    return introduction(kinds) == "ABI"


def abi_name(text: str) -> str | None:
    """The name of the ABI that a description describes, told without reading on; None if it is none."""
    words = abi_words(text)
    return text[slice(*words[0])] if words else None


def abi_words(text: str) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Where name and version stand in ``abi NAME VERSION;``, told without reading on; None if they do
    not."""
    if not is_description(text):
        return None
    words: list[tuple[int, int]] = []
    after_abi, depth = False, 0
    for kind, start, end in lexemes(text):
        if kind in _SET_ASIDE or kind in ("WHITESPACE", "DOC"):
            continue
        if after_abi:
            words.append((start, end))
        if len(words) == 2:
            return words[0], words[1]
        depth += _BRACKETS.get(kind, 0)
        after_abi = after_abi or (kind == "ABI" and not depth)
    return None


def introduction(kinds: Iterable[str]) -> str:
    """The first of the kinds of tokens that is no part of docs and attributes, or nothing."""
    depth, after_at = 0, False
    for kind in kinds:
        if kind in _SET_ASIDE or kind == "WHITESPACE":
            continue
        depth += _BRACKETS.get(kind, 0)
        if not (depth or after_at or kind in _DECOR):
            return kind
        after_at = kind == "AT"
    return ""


def split_items(tokens: Sequence[PlacedToken], report: Report) -> list[ItemTokens]:
    """One run of tokens per item; runs whose brackets do not match are reported.

    An item ends at a ``;`` outside of brackets, or at the ``}`` that closes its body, if it has one. A
    missing ``}`` would swallow the rest of the file, so an item keyword in column 1 also begins a new item.
    """
    items: list[ItemTokens] = []
    run = _Run(report)
    for index, token in enumerate(tokens):
        if run.brackets and token.type in _INERT:
            run.tokens.append(token)
            continue
        if run.brackets and token.type in _ITEM_KEYWORDS and begins_item(tokens, index):
            run.end_unclosed(token)
            run = _finish(run, items)
        if not run.tokens and token.type == "SEMICOLON":
            continue
        run.add(token)
        if token.type in _ENDS and run.ends_with(token):
            run = _finish(run, items)
    if run.brackets:
        run.end_unclosed()
    _finish(run, items)
    return items


class _Run:
    """The tokens of one item, as far as they were seen."""

    def __init__(self, report: Report) -> None:
        self.tokens: list[PlacedToken] = []
        self.report = report
        #: Nothing was reported yet.
        self.sound = True
        #: What is open, and how many operators stood before each of these without a separator.
        self.brackets: list[PlacedToken] = []
        self._operators_before: list[int] = []
        self._operators = 0
        #: The operators before all that is open, and here: trees are no deeper than brackets and these.
        self._all_operators = 0
        self._introduced_by = ""
        #: What was said to be open where something else was closed.
        self._blamed: PlacedToken | None = None

    def add(self, token: PlacedToken) -> None:
        kind = token.type
        if not self._introduced_by and not self.brackets and kind not in _DECOR:
            # The name of an attribute introduces nothing.
            after_at = self.tokens and self.tokens[-1].type == "AT"
            self._introduced_by = "" if after_at else _introduction(token)
        self.tokens.append(token)
        if kind in _SEPARATORS:
            self._all_operators -= self._operators
            self._operators = 0
        elif kind in _OPERATORS:
            self._operators += 1
            self._all_operators += 1
        elif kind in _OPENING:
            self.brackets.append(token)
            self._operators_before.append(self._operators)
            self._operators = 0
        elif kind in _CLOSING:
            self._close(token)
        if self.sound:
            self._check_depth(token)

    def _close(self, token: PlacedToken) -> None:
        if self.brackets and self.brackets[-1].type == _CLOSING[token.type]:
            self.brackets.pop()
            self._all_operators -= self._operators
            self._operators = self._operators_before.pop()
        elif self.sound:
            self.sound = False
            self._blamed = self.brackets[-1] if self.brackets else None
            _report_unmatched(token, self.brackets, self.report)

    def _check_depth(self, token: PlacedToken) -> None:
        if len(self.brackets) > MAX_DEPTH:
            message = f"brackets nest more than {MAX_DEPTH} deep"
        elif self._all_operators > MAX_OPERATORS:
            message = f"more than {MAX_OPERATORS} operators in one expression or type"
        else:
            return
        self.sound = False
        self.report.add(
            catalog.TOO_DEEP,
            token.span,
            message,
            hint="name the parts with `type`, `const` or `struct`",
        )

    def ends_with(self, token: PlacedToken) -> bool:
        """Whether the item ends here. A broken one also ends at a brace in column 1."""
        at_margin = token.type == "RBRACE" and token.at_margin
        if self.brackets and (self.sound or not at_margin):
            return False
        body_ends = token.type == "RBRACE" and self._introduced_by not in _BODILESS
        return token.type == "SEMICOLON" or body_ends

    def end_unclosed(self, following: PlacedToken | None = None) -> None:
        """The item ends with brackets open, at the end of the file or before another item."""
        opening = self.brackets[-1]
        if (following is not None or self.sound) and opening is not self._blamed:
            hint = f"close it with `{_partner(opening)}`"
            if self._introduced_by == "EXTERN" and opening.type == "LBRACE":
                hint = "leave it out: functions and types stand in no block"
            _report_unclosed(opening, hint, self.report, following)
        self.sound = False


def _introduction(token: PlacedToken) -> str:
    # C's `typedef struct { … } S;` goes on behind its braces.
    return "TYPE" if token.text == "typedef" else token.type


def _finish(run: _Run, items: list[ItemTokens]) -> _Run:
    """Keep the run and begin the next."""
    if run.tokens:
        items.append(ItemTokens(tuple(run.tokens), run.sound))
    return _Run(run.report)


def begins_item(tokens: Sequence[PlacedToken], index: int) -> bool:
    """Whether this token, in column 1, introduces an item rather than naming a member."""
    token = tokens[index]
    if token.type not in _ITEM_KEYWORDS or not token.at_margin or index + 1 == len(tokens):
        return False
    return tokens[index + 1].type not in ("COLON", "LPAR", "EQUAL", "COMMA", "SEMICOLON", "RBRACE")


def declared_names(tokens: Sequence[PlacedToken]) -> Iterator[str]:
    """The names that a broken item seems to declare, also if it is written as in another language:
    ``message Item {``, ``typedef struct { … } Item;``, ``typedef void (*done)(int);``."""
    depth = 0
    is_foreign = bool(tokens) and tokens[0].type == "NAME"
    is_enum = introduction(token.type for token in tokens) in ("ENUM", "OPEN", "FLAGS")
    for token, following in pairwise(tokens):
        depth += (token.type in _OPENING) - (token.type in _CLOSING)
        if depth == 1 and is_enum and token.type == "NAME":
            yield token.text
        introduces = token.type in _BEFORE_NAMES or (
            is_foreign and token.type in ("NAME", "STAR", "RBRACE")
        )
        is_here = depth == 0 or (depth == 1 and is_foreign and token.type == "STAR")
        if is_here and introduces and str(following).isidentifier():
            yield str(following)


def member_around(tokens: tuple[PlacedToken, ...], failed: int) -> tuple[int, int] | None:
    """Where the member of a body begins and ends that holds the token ``failed``, with what separates it
    from the next; None if that is in no body."""
    opening = body(tokens, failed)
    if opening is None:
        return None
    depth = angles = 0
    start = opening + 1
    for index, token in enumerate(tokens[opening + 1 :], opening + 1):
        depth += _BRACKETS.get(token.type, 0)
        if depth < 0:
            return (start, index) if start < index and failed <= index else None
        if index >= failed and tokens[failed].type == "LESS":
            # What is generic elsewhere has commas of its own.
            angles += _ANGLES.get(token.type, 0)
        if depth == 0 and angles <= 0 and token.type in _SEPARATORS:
            if index >= failed:
                return start, index + 1
            start = index + 1
    return None


def body(tokens: Sequence[PlacedToken], behind: int) -> int | None:
    """Where the braces of an item open, if that is before a token of it."""
    depth = 0
    for index, token in enumerate(islice(tokens, behind)):
        if token.type == "LBRACE" and depth == 0:
            return index
        depth += _BRACKETS.get(token.type, 0)
    return None


def _report_unclosed(
    opening: PlacedToken, hint: str, report: Report, following: PlacedToken | None
) -> None:
    report.add(
        catalog.UNBALANCED,
        opening.span,
        f"`{opening.text}` is never closed",
        hint=hint,
        notes=(Note(f"`{following.text}` begins the next item", following.span),)
        if following
        else (),
    )


def _report_unmatched(
    closing: PlacedToken, open_brackets: Sequence[PlacedToken], report: Report
) -> None:
    notes: tuple[Note, ...] = ()
    if open_brackets:
        opening = open_brackets[-1]
        expected = _partner(opening)
        message = f"`{closing.text}` where `{expected}` is needed"
        hint = f"close `{opening.text}` with `{expected}` first"
        notes = (Note("this is open", opening.span),)
    else:
        message = f"`{closing.text}` closes nothing"
        hint = "leave it out, or look for the bracket that was closed too early"
    report.add(catalog.UNBALANCED, closing.span, message, hint=hint, notes=notes)


def _partner(opening: PlacedToken) -> str:
    return {"{": "}", "(": ")", "[": "]"}[opening.text]
