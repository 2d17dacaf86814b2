"""What a syntax error says: what was expected, and a hint for the mistakes that people make."""

from __future__ import annotations

from collections.abc import Sequence

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.syntax.forms import usual_hint
from abilock.syntax.lexemes import PlacedToken
from abilock.syntax.machine import Stop, machine
from abilock.syntax.place import Place, missing_hint, shown
from abilock.syntax.slips import slip_hint

#: What messages call a terminal; the others are called by their text.
_NAMED_TERMINALS = {
    "NAME": "a name",
    "INTEGER": "a number",
    "STRING": "a string",
    "VERSION": "a version such as `1.2.3`",
    "$END": "the end of the item",
    "VARIADIC": "`...`",
    "ARROW": "`->`",
    "PATH": "`::`",
    "SHIFT_LEFT": "`<<`",
    "SHIFT_RIGHT": "`>>`",
    "LESS": "`<`",
    "LESS_EQUAL": "`<=`",
    "MORE": "`>`",
    "MORE_EQUAL": "`>=`",
}
_FORMS = "`abilock explain syntax` shows the forms that there are"
_KEYWORDS = frozenset(
    """ABI ALLOCATOR CALLBACK COMPAT CONVENTION DROP ENTRY ENUM EXTERN FLAGS FN IMPORT MUT OPAQUE OPEN
    OPTIONAL OWN STATIC STRUCT TARGETS TYPE UNION VTABLE""".split()
)
_EXPRESSION_START = frozenset({"MINUS", "TILDE", "LPAR", "INTEGER", "NAME"})
_TYPE_START = frozenset({"STAR", "LSQB", "NAME", "LPAR"})
_OPERATORS = frozenset(
    "STAR SLASH PERCENT PLUS MINUS VBAR CIRCUMFLEX AMPERSAND SHIFT_LEFT SHIFT_RIGHT PATH".split()
)


def report_syntax(tokens: Sequence[PlacedToken], stop: Stop, report: Report) -> None:
    """Report the place where the tokens of an item stop being one."""
    at, accepted = stop.at, stop.accepted
    expected = expectation(accepted)
    found = tokens[at] if at < len(tokens) else None
    before = tokens[at - 1] if at else None
    stray = _stray_doc(before, found)
    if stray is not None:
        report.add(
            catalog.STRAY_DOC,
            stray.span,
            "a doc comment that documents nothing",
            hint="it stands before what it documents; use `//` for a plain comment",
        )
    elif before is not None and (found is None or _is_missing_before(before, found, accepted)):
        # Where a reader would put what is missing: at the end of the line before.
        report.add(
            catalog.SYNTAX,
            before.span.at_end(),
            f"expected {expected} after `{shown(before)}`",
            hint=missing_hint(accepted) or usual_hint(before, accepted) or _FORMS,
        )
    elif found is not None:
        report.add(
            catalog.SYNTAX,
            found.span,
            f"expected {expected}, found `{shown(found)}`",
            hint=slip_hint(Place(tokens, at, accepted)) or usual_hint(before, accepted) or _FORMS,
        )


def _stray_doc(before: PlacedToken | None, found: PlacedToken | None) -> PlacedToken | None:
    if found is not None and found.type == "DOC":
        return found
    ends = found is None or found.type in ("RBRACE", "RPAR")
    return before if before is not None and before.type == "DOC" and ends else None


def _is_missing_before(before: PlacedToken, found: PlacedToken, accepted: frozenset[str]) -> bool:
    return bool(accepted & {"SEMICOLON", "COMMA"}) and found.line > before.line


def expectation(accepted: frozenset[str]) -> str:
    """ex) ``a type``, ``` `,` or `}` ```"""
    if accepted >= {"ABI", "STRUCT", "VTABLE"} and "NAME" not in accepted:
        return "an item such as `struct` or `vtable`"
    if "VERSION" in accepted and "MINUS" not in accepted:
        # Others are accepted too, so that a better message comes of them.
        return _NAMED_TERMINALS["VERSION"]
    words: list[str] = []
    rest = set(accepted) - {"DOC", "AT"}
    if rest >= {"COMMA", "SEMICOLON", "RBRACE"}:
        # The list may go on or end; how its last part could go on is of no help here.
        rest = {"COMMA", "RBRACE"}
    if rest >= _TYPE_START:
        words.append("a type")
        rest -= _TYPE_START | {"CONST", "EXTERN"}
        rest = {terminal for terminal in rest if not terminal.isalpha()}
    elif rest >= _EXPRESSION_START:
        words.append("an expression")
        rest -= _EXPRESSION_START
    if rest >= _OPERATORS - {"PATH"}:
        rest -= _OPERATORS
    if "NAME" in rest or "a type" in words or "an expression" in words:
        rest -= _KEYWORDS | {"CONST"}
    words += sorted(_NAMED_TERMINALS.get(terminal) or _spelling(terminal) for terminal in rest)
    if len(words) > 6:
        words = [*words[:6], "…"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _spelling(terminal: str) -> str:
    text = machine().spellings.get(terminal)
    return f"`{text}`" if text else terminal.lower()
