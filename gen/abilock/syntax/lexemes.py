"""Single tokens: where they stand, and what numbers and strings are worth."""

from __future__ import annotations

import re

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.source import Span

_SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", '"': '"'}
_ESCAPE = re.compile(r"\\(?:x([0-7][0-9A-Fa-f])|u\{([0-9A-Fa-f]{1,6})\}|(.))")
_NUMBER = re.compile(
    r"0[xX]_*[0-9A-Fa-f][0-9A-Fa-f_]*|0[bB]_*[01][01_]*|0[oO]_*[0-7][0-7_]*|[0-9][0-9_]*"
)
#: More digits than any type can hold; Python's own conversion is quadratic.
_MAX_DIGITS = 80


class PlacedToken:
    """A token and where it stands. ``value`` is the number or text that it spells, if it spells one.

    Not a :class:`lark.Token`: a large description has 10⁵ of them, and a `str` with a dozen more
    attributes costs several times as much. For the same reason a span is made only when asked for.
    """

    __slots__ = ("at_margin", "end", "file", "line", "start", "text", "type", "value")

    def __init__(
        self, type: str, text: str, file: str, start: int, end: int, line: int, at_margin: bool
    ) -> None:
        self.type = type
        self.text = text
        self.file = file
        self.start = start
        self.end = end
        self.line = line
        #: Whether it is the first thing in its line, in column 1.
        self.at_margin = at_margin
        self.value: int | str | None = None

    @property
    def span(self) -> Span:
        return Span(self.file, self.start, self.end)

    def __str__(self) -> str:
        return self.text

    def evaluate(self, report: Report) -> None:
        """Set ``value``; a malformed literal is reported and gets a harmless one."""
        if self.type == "INTEGER":
            self.value = _integer_value(self.text, self.span, report)
        elif self.type == "STRING":
            self.value = _string_value(self.text, self.span, report)


def doc_text(comment: str) -> str:
    """The text of a ``///`` or ``//!`` line, without one leading blank and without trailing ones."""
    return comment[3:].removeprefix(" ").rstrip()


def _integer_value(text: str, span: Span, report: Report) -> int:
    digits = text.replace("_", "")
    if _NUMBER.fullmatch(text) is None:
        report.add(
            catalog.BAD_NUMBER,
            span,
            f"`{text[:40]}` is not a number",
            hint="numbers are decimal, `0x…`, `0b…` or `0o…`, with `_` between digits",
        )
        return 1
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        report.add(
            catalog.BAD_NUMBER,
            span,
            f"`{text[:40]}` has a leading zero, which C reads as octal",
            hint=f"write `{digits.lstrip('0')[:40] or '0'}`, or `0o…` for an octal number",
        )
        return 1
    if len(digits) > _MAX_DIGITS:
        report.add(catalog.BAD_NUMBER, span, "this number is far too large for any type")
        return 1
    return int(digits, 0)


def _string_value(text: str, span: Span, report: Report) -> str:
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
        start = span.start + 1 + match.start()
        report.add(
            catalog.BAD_ESCAPE,
            Span(span.file, start, start + len(match.group())),
            f"unknown escape `{match.group()}`",
            hint=r"escapes are \n \t \r \0 \\ \" \xNN (up to \x7f) and \u{…}",
        )
        return ""

    return _ESCAPE.sub(resolve, text[1:-1])
