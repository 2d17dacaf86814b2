"""Text to tokens, and tokens to the stretches that hold one item each.

Guarantee: every token is one that the grammar uses; comments are set aside; each item's brackets are
balanced and not too deep. What broke a guarantee is reported and left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.source import SourceFile, Span
from abilock.syntax import ast
from abilock.syntax.lexemes import PlacedToken, doc_text
from abilock.syntax.machine import lexemes

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
#: What attributes and docs before an item consist of, seen from outside of brackets.
_DECOR = frozenset({"DOC", "AT", "LPAR", "RPAR"})
#: The items that may have braces, in a type, but do not end with them.
_BODILESS = frozenset({"TYPE", "ENTRY", "OPTIONAL", "EXTERN", "CALLBACK"})
#: What stands right before the name that an item declares.
_BEFORE_NAMES = frozenset(
    """TYPE CONST STRUCT UNION OPAQUE ENUM FLAGS CALLBACK VTABLE CONVENTION FN STATIC
    ALLOCATOR""".split()
)
_ITEM_KEYWORDS = frozenset(
    """ABI COMPAT TARGETS IMPORT ALLOCATOR TYPE CONST STRUCT UNION OPAQUE ENUM OPEN FLAGS CALLBACK
    VTABLE ENTRY""".split()
)


@dataclass(frozen=True, slots=True)
class TokenStream:
    """The tokens of a file, its comments, and its ``//!`` lines; ``left_out``: where in the text
    something was reported that is no token."""

    tokens: tuple[PlacedToken, ...]
    comments: tuple[ast.Comment, ...]
    file_docs: tuple[str, ...]
    left_out: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemTokens:
    """The tokens of one item; if it is not ``sound``, it was reported and is not to be parsed."""

    tokens: tuple[PlacedToken, ...]
    sound: bool


def tokenize(source: SourceFile, report: Report) -> TokenStream:
    """The tokens of the text; what is no token is reported and left out."""
    tokens: list[PlacedToken] = []
    comments: list[ast.Comment] = []
    file_docs: list[str] = []
    left_out: list[int] = []
    text, file = source.text, source.path
    line, margin = 1, 0  # of the token at hand, and the offset of its line's first character
    for kind, start, end in lexemes(text):
        if kind == "WHITESPACE":
            breaks = text.count("\n", start, end)
            if breaks:
                line += breaks
                margin = text.rfind("\n", start, end) + 1
            continue
        if kind in _SET_ASIDE:
            span = Span(file, start, end)
            if kind in ("LINE_COMMENT", "BLOCK_COMMENT"):
                comments.append(ast.Comment(text[start:end], span))
                line += text.count("\n", start, end)
            elif kind == "FILE_DOC":
                _check_file_doc(span, tokens, report)
                file_docs.append(doc_text(text[start:end]))
            else:
                _report_no_token(kind, text[start:end], span, report)
                left_out.append(start)
            continue
        token = PlacedToken(kind, text[start:end], file, start, end, line, start == margin)
        if kind == "INTEGER" or kind == "STRING":
            token.evaluate(report)
        tokens.append(token)
    return TokenStream(tuple(tokens), tuple(comments), tuple(file_docs), tuple(left_out))


def _check_file_doc(span: Span, tokens: Sequence[PlacedToken], report: Report) -> None:
    if tokens:
        report.add(
            catalog.STRAY_DOC,
            span,
            "`//!` documents the file, so it stands before everything else",
            hint="use `///` before a declaration, or `//` for a plain comment",
        )


def _report_no_token(kind: str, text: str, span: Span, report: Report) -> None:
    if kind in ("UNTERMINATED_STRING", "UNTERMINATED_COMMENT"):
        what, end = ("string", '`"`') if kind == "UNTERMINATED_STRING" else ("comment", "`*/`")
        report.add(
            catalog.UNTERMINATED,
            Span(span.file, span.start, min(span.start + 2, span.end)),
            f"this {what} does not end",
            hint=f"close it with {end}" + (" in the same line" if what == "string" else ""),
        )
        return
    report.add(
        catalog.BAD_CHARACTER,
        span,
        f"unexpected {'character' if len(text) == 1 else 'characters'} `{text[:20]}`",
        hint=_bad_character_hint(text),
    )


def _bad_character_hint(text: str) -> str | None:
    if not text.isascii():
        return "names are written in ASCII letters, digits and `_`"
    if text[0] == "#":
        return "there is no preprocessor here: constants are `const`, files are joined by `import`"
    if text[0] == "'":
        return 'texts are written in `"…"`, and a character as its number'
    return None


def split_items(tokens: Sequence[PlacedToken], report: Report) -> list[ItemTokens]:
    """One run of tokens per item; runs whose brackets do not match are reported.

    An item ends at a ``;`` outside of brackets, or at the ``}`` that closes its body, if it has one. A
    missing ``}`` would swallow the rest of the file, so an item keyword in column 1 also begins a new item.
    """
    items: list[ItemTokens] = []
    run = _Run(report)
    for index, token in enumerate(tokens):
        if run.brackets and begins_item(tokens, index):
            run.end_unclosed(token)
            run = _finish(run, items)
        if not run.tokens and token.type == "SEMICOLON":
            continue
        run.add(token)
        if run.ends_with(token):
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

    def add(self, token: PlacedToken) -> None:
        kind = token.type
        if not self._introduced_by and not self.brackets and kind not in _DECOR:
            # The name of an attribute introduces nothing.
            after_at = self.tokens and self.tokens[-1].type == "AT"
            self._introduced_by = "" if after_at else kind
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
        if following is not None or self.sound:
            _report_unclosed(self.brackets[-1], self.report, following)
        self.sound = False


def _finish(run: _Run, items: list[ItemTokens]) -> _Run:
    """Keep the run and begin the next."""
    if run.tokens:
        items.append(ItemTokens(tuple(run.tokens), run.sound))
    return _Run(run.report)


def begins_item(tokens: Sequence[PlacedToken], index: int) -> bool:
    """Whether this token, in column 1, introduces an item rather than naming a member."""
    token = tokens[index]
    if not token.at_margin or token.type not in _ITEM_KEYWORDS or index + 1 == len(tokens):
        return False
    return tokens[index + 1].type not in ("COLON", "LPAR", "EQUAL", "COMMA", "SEMICOLON", "RBRACE")


def declared_names(tokens: Sequence[PlacedToken]) -> Iterator[str]:
    """The names that a broken item seems to declare."""
    depth = 0
    for token, following in pairwise(tokens):
        depth += (token.type in _OPENING) - (token.type in _CLOSING)
        if depth == 0 and token.type in _BEFORE_NAMES and str(following).isidentifier():
            yield str(following)


def _report_unclosed(
    opening: PlacedToken, report: Report, following: PlacedToken | None = None
) -> None:
    report.add(
        catalog.UNBALANCED,
        opening.span,
        f"`{opening.text}` is never closed",
        hint=f"close it with `{_partner(opening)}`",
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
        notes = (Note("this is open", opening.span),)
    else:
        message = f"`{closing.text}` closes nothing"
    report.add(catalog.UNBALANCED, closing.span, message, notes=notes)


def _partner(opening: PlacedToken) -> str:
    return {"{": "}", "(": ")", "[": "]"}[opening.text]
