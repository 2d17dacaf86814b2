"""What a syntax error says: what was expected, and a hint for the mistakes that people make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.syntax.lexemes import PlacedToken
from abilock.syntax.machine import Stop, machine

_ITEM_WORDS = (
    "abi compat targets import allocator type const struct union opaque enum open flags callback"
    " vtable entry optional extern".split()
)

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
_KEYWORDS = frozenset(
    """ABI ALLOCATOR CALLBACK COMPAT CONVENTION DROP ENTRY ENUM EXTERN FLAGS FN IMPORT MUT OPAQUE OPEN
    OPTIONAL OWN STATIC STRUCT TARGETS TYPE UNION VTABLE""".split()
)
_EXPRESSION_START = frozenset({"MINUS", "TILDE", "LPAR", "INTEGER", "NAME"})
_TYPE_START = frozenset({"STAR", "LSQB", "NAME", "LPAR"})
_OPERATORS = frozenset(
    "STAR SLASH PERCENT PLUS MINUS VBAR CIRCUMFLEX AMPERSAND SHIFT_LEFT SHIFT_RIGHT PATH".split()
)

#: What people write where an item begins, because another language has it.
_FOREIGN_ITEMS = {
    "typedef": "a type is named by `struct NAME { … }`, `type NAME = TYPE;` or `callback NAME(…);`",
    "using": "an alias is `type NAME = TYPE;`",
    "alias": "an alias is `type NAME = TYPE;`",
    "pub": "everything here is public: leave `pub` out",
    "class": "an object with functions is a `vtable`, plain data is a `struct`",
    "trait": "an object with functions is a `vtable`",
    "interface": "an object with functions is a `vtable`",
    "fn": "a function that the plugin exports is `entry fn`, a function pointer type is `callback`",
    "function": "a function that the plugin exports is `entry fn`, a function pointer type `callback`",
    "static": "a variable that the plugin exports is `entry static NAME: TYPE;`",
    "include": 'a file is joined by `import "other.abi";`',
    "bitflags": "a bit set is `flags NAME: u32 { … }`",
}
_C_TYPE = re.compile(r"void|bool|char|short|int|long|float|double|signed|unsigned|size_t|\w+_t")


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
            f"expected {expected} after `{_shown(before)}`",
            hint=_missing_hint(accepted),
        )
    elif found is not None:
        report.add(
            catalog.SYNTAX,
            found.span,
            f"expected {expected}, found `{_shown(found)}`",
            hint=_hint(tokens, at, accepted),
        )


def _stray_doc(before: PlacedToken | None, found: PlacedToken | None) -> PlacedToken | None:
    if found is not None and found.type == "DOC":
        return found
    ends = found is None or found.type in ("RBRACE", "RPAR")
    return before if before is not None and before.type == "DOC" and ends else None


def _is_missing_before(before: PlacedToken, found: PlacedToken, accepted: frozenset[str]) -> bool:
    return bool(accepted & {"SEMICOLON", "COMMA"}) and found.line > before.line


def _missing_hint(accepted: frozenset[str]) -> str | None:
    if {"COMMA", "RBRACE"} <= accepted:
        return "between braces, `,` or `;` separates"
    if {"COMMA", "RPAR"} <= accepted:
        return "parameters and arguments are separated by `,`"
    return "an item that has no braces ends with `;`" if "SEMICOLON" in accepted else None


def expectation(accepted: frozenset[str]) -> str:
    """ex) ``a type``, ``` `,` or `}` ```"""
    if accepted >= {"ABI", "STRUCT", "VTABLE"} and "NAME" not in accepted:
        return "an item such as `struct` or `vtable`"
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


def _shown(token: PlacedToken) -> str:
    text = token.text
    return text if len(text) <= 40 else f"{text[:40]}…"


def _hint(tokens: Sequence[PlacedToken], at: int, accepted: frozenset[str]) -> str | None:
    found = tokens[at]
    before = tokens[at - 1].type if at else ""
    if {"VTABLE", "STRUCT"} <= accepted and "NAME" not in accepted:
        return _item_hint(found.text)
    by_found = _hint_by_found(tokens, at, accepted)
    if by_found is not None:
        return by_found
    if {"CONST", "MUT"} <= accepted and "NAME" not in accepted:
        return "a pointer is `*const T` or `*mut T`"
    if before in ("STRUCT", "UNION", "ENUM", "FLAGS", "VTABLE") and found.type == "LBRACE":
        return f"an item has a name: `{tokens[at - 1].text} Name {{ … }}`"
    if accepted == {"LPAR"} and any(token.type in ("FN", "CALLBACK") for token in tokens[:at]):
        return "a function has its parameters in parentheses, also if there are none: `fn name()`"
    if before == "ENTRY":
        return "an entry is `entry fn NAME(…) -> TYPE;` or `entry static NAME: TYPE;`"
    if before == "IMPORT":
        return 'a file is joined by `import "other.abi";`'
    if before == "ARROW":
        return "a function without a result has no `->`"
    if accepted == {"COLON"}:
        return "a member is `name: type`"
    return None


def _hint_by_found(tokens: Sequence[PlacedToken], at: int, accepted: frozenset[str]) -> str | None:
    """Hints for tokens that say by themselves what was meant."""
    found, before = tokens[at], tokens[at - 1] if at else tokens[at]
    listed = {"COMMA", "RBRACE"} <= accepted
    match found.type:
        case "QMARK":
            return "`?` comes after a pointer, a callback or a function type in parentheses"
        case "CONST" if "NAME" in accepted:
            return "`const` is a word of C, so it names nothing here"
        case "EQUAL" if "COLON" in accepted and tokens[0].type != "CONST" and not listed:
            return "a member is `name: type`"
        case "EQUAL" if "COLON" in accepted and not listed:
            return "a constant has a type: `const NAME: u32 = 1;`"
        case "EQUAL" if listed:
            return "only values of enums and constants have a value"
        case "COLON" if "EQUAL" in accepted and listed:
            return "a value is `NAME = 1`; an attribute says more about it"
        case "AT" if accepted == {"COLON"}:
            return "attributes stand before a name, or behind its type"
        case "LSQB" if listed or "RPAR" in accepted:
            return "an array is `[T; N]`"
        case "RSQB" | "COMMA" if "SEMICOLON" in accepted and not listed:
            return "an array is `[T; N]`; a pointer to several is `*const T @len(N)`"
        case "LESS":
            return "nothing is generic here; what may be null is marked with `?`"
        case "STAR" if "INTEGER" not in accepted:
            return "the `*` comes before the type: `*const T` or `*mut T`"
        case "AMPERSAND" if "STAR" in accepted:
            return "a reference is a pointer here: `*const T` or `*mut T`"
        case "SEMICOLON" if {"COMMA", "RPAR"} <= accepted:
            return "parameters and arguments are separated by `,`"
        case "NAME" if "ARROW" in accepted:
            return f"a result is written `-> {_shown(found)}`"
        case _:
            pass
    if before.type in ("CONST", "MUT") and found.type == "NAME":
        return "a pointer is `*const T` or `*mut T`"
    if before.type == "NAME" and found.type == "NAME" and accepted == {"COLON"}:
        return f"the name comes first: `{_shown(found)}: {_shown(before)}`"
    if before.type == "EXTERN":
        return 'a calling convention is a string: `extern "C" fn`'
    return _missing_hint(accepted) if listed else None


def _item_hint(word: str) -> str:
    if word in _FOREIGN_ITEMS:
        return _FOREIGN_ITEMS[word]
    if _C_TYPE.fullmatch(word):
        return "the name comes before the type, as in `const NAME: TYPE = 1;` or `entry fn NAME();`"
    near = get_close_matches(word[:40], _ITEM_WORDS, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"items are {', '.join(f'`{known}`' for known in _ITEM_WORDS)}"
