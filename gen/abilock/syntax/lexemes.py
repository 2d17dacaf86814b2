"""Single tokens: where they stand, and what numbers and strings are worth."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.source import SourceFile, Span

_SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", '"': '"'}
_ESCAPE = re.compile(
    r"\\(?:x([0-7][0-9A-Fa-f])|u\{([0-9A-Fa-f]{1,6})\}|0[0-9]{1,2}|x[0-9A-Fa-f]{0,2}|u[0-9A-Fa-f]{4}|(.))"
)
_NUMBER = re.compile(
    r"0[xX][0-9A-Fa-f]+(_[0-9A-Fa-f]+)*|0[bB][01]+(_[01]+)*|0[oO][0-7]+(_[0-7]+)*|[0-9]+(_[0-9]+)*"
)
#: As other languages end a number to say its type.
_SUFFIXED = re.compile(
    r"(0[xX][0-9A-Fa-f_]*[0-9A-Fa-f]|0[bB][01_]*[01]|[0-9_]*[0-9])_?"
    r"([uU][lL]{0,2}|[lL]{1,2}[uU]?|[uUiI](?:8|16|32|64|128|size)|[fF](?:32|64)?|n)"
)
#: More digits than any type can hold; Python's own conversion is quadratic.
_MAX_DIGITS = 80


class PlacedToken(NamedTuple):
    """A token and where it stands.

    A tuple, as a large description has 10⁵ of them, which are made in a fraction of the time that other
    objects take. For the same reason, what few are asked for is found out when they are.
    """

    type: str
    text: str
    start: int
    end: int
    source: SourceFile

    @property
    def file(self) -> str:
        return self.source.path

    @property
    def span(self) -> Span:
        return Span(self.source.path, self.start, self.end)

    @property
    def line(self) -> int:
        return self.source.position(self.start).line

    @property
    def at_margin(self) -> bool:
        """Whether it is the first thing in its line, in column 1."""
        return self.start == 0 or self.source.text[self.start - 1] == "\n"

    @property
    def value(self) -> int | str:
        """The number or text that it spells; a harmless one if it is malformed."""
        found = self._evaluated(Report())
        harmless = 1 if self.type == "INTEGER" else ""
        return harmless if found is None else found

    def __str__(self) -> str:
        return self.text

    def is_good(self, report: Report) -> bool:
        """Whether it spells a number or text; what is malformed is reported."""
        return self._evaluated(report) is not None

    def _evaluated(self, report: Report) -> int | str | None:
        if self.type == "INTEGER":
            return _integer_value(self.text, self.span, report)
        return _string_value(self.text, self.span, report)


#: Makes a token of its values, without the detour of a call with names.
new_token: Callable[[tuple[str, str, int, int, SourceFile]], PlacedToken] = partial(
    tuple.__new__, PlacedToken
)


def doc_text(comment: str) -> str:
    """The text of a ``///`` or ``//!`` line, without one leading blank and without trailing ones."""
    return comment[3:].removeprefix(" ").rstrip()


def _integer_value(text: str, span: Span, report: Report) -> int | None:
    digits = text.replace("_", "")
    if _NUMBER.fullmatch(text) is None:
        report.add(
            catalog.BAD_NUMBER, span, f"`{text[:40]}` is not a number", hint=_number_hint(text)
        )
        return None
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        report.add(
            catalog.BAD_NUMBER,
            span,
            f"`{text[:40]}` has a leading zero, which C reads as octal",
            hint=f"write `{digits.lstrip('0')[:40] or '0'}`, or `0o…` for an octal number",
        )
        return None
    if len(digits) > _MAX_DIGITS:
        report.add(
            catalog.BAD_NUMBER,
            span,
            "this number is far too large for any type",
            hint="no type holds more than 64 bits",
        )
        return None
    return int(digits, 0)


def _number_hint(text: str) -> str:
    if len(text) <= _MAX_DIGITS:
        plain = re.sub("(?<=^0[xXbBoO])_|_$", "", re.sub("_+", "_", text))
        if _NUMBER.fullmatch(plain):
            return f"`_` stands between digits, one at a time: `{plain}`"
        suffixed = _SUFFIXED.fullmatch(text)
        if suffixed is not None:
            return f"a number does not say its type: write `{suffixed[1]}`"
        if re.fullmatch("[0-9]+[eE][0-9]+", text):
            return "a number has no exponent: write its digits, with `_` between them"
    if re.match("0[xXbBoO]|[0-9_]+$", text) is None:
        return "a name does not begin with a digit; numbers are decimal, `0x…`, `0b…` or `0o…`"
    return "numbers are decimal, `0x…`, `0b…` or `0o…`, with `_` between digits"


def _string_value(text: str, span: Span, report: Report) -> str | None:
    good = True

    def resolve(match: re.Match[str]) -> str:
        byte, point, simple = match.groups()
        if byte is not None:
            return chr(int(byte, 16))
        if point is not None:
            value = int(point, 16)
            if value <= 0x10FFFF and not 0xD800 <= value < 0xE000:
                return chr(value)
        if simple in _SIMPLE_ESCAPES:
            return _SIMPLE_ESCAPES[simple]
        nonlocal good
        good = False
        start = span.start + 1 + match.start()
        message, hint = _escape_problem(match.group())
        report.add(
            catalog.BAD_ESCAPE,
            Span(span.file, start, start + len(match.group())),
            message,
            hint=hint,
        )
        return ""

    value = _ESCAPE.sub(resolve, text[1:-1])
    return value if good else None


def _escape_problem(escape: str) -> tuple[str, str]:
    """What is wrong with an escape, and what to do about it."""
    digits = escape[2:]
    match escape[1]:
        case "x" if len(digits) == 2:
            return f"`{escape}` is no character: `\\x` goes up to `\\x7f`", (
                f"strings are text: the character is `\\u{{{digits.lower()}}}`, and bytes that are no"
                " text cannot be written"
            )
        case "x":
            return (
                "`\\x` needs two hexadecimal digits",
                "for example `\\x1b`; any character is `\\u{…}`",
            )
        case "u" if digits.startswith("{"):
            return (
                f"`{escape}` is no character",
                "characters go up to `\\u{10ffff}`, without surrogates",
            )
        case "u":
            example = digits.lower() or "e9"
            return "`\\u` needs braces around its digits", f"write `\\u{{{example}}}`"
        case "0":
            octal = escape[1:].strip("01234567") == ""
            meant = f"`\\x{int(escape[1:], 8):02x}`, or " if octal else ""
            return (
                f"`{escape}` is octal in C, and not known here",
                f"write {meant}`\\x00` for NUL before a digit",
            )
        case _:
            return f"unknown escape `{escape}`", (
                r"escapes are \n \t \r \0 \\ \" \xNN (up to \x7f) and \u{…}"
            )
