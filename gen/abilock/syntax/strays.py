"""What is no token: characters that the language does not use, and what has no end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.source import Span

_DIRECTIVE = re.compile(r"#\s*(\w*)")
_DEFINE = re.compile(r"#\s*define\s+([A-Za-z_]\w*)\s+(\(?-?\w+\)?)\s*(?:/[/*].*)?")
_NO_CONDITIONS = (
    "nothing here depends on the compiler; what exists on some targets only is an ABI of its own, with"
    " `targets`"
)
_DIRECTIVES = {
    "include": '`import "other.abi";` joins a description, and the types of C are built in',
    "pragma": "leave it out: a file is read once, and `@packed` stands before a struct",
    **dict.fromkeys("if ifdef ifndef elif else endif".split(), _NO_CONDITIONS),
}
_PYTHON_COMMENT = "a comment begins with `//`"
_QUOTES = 'texts are written in `"…"`, and a character as its number'
_CHARACTERS = {
    **dict.fromkeys("“”„«»‘’‚", _QUOTES),
    **dict.fromkeys("–—−", "a minus is `-`"),
    "→": "an arrow is `->`",
    "…": "three dots are `...`",
    "×": "a product is `*`",
    "\u00a0": "this is a blank that does not break: write a plain one",
    "!": "bits are inverted with `~`; all bits of a `u32` are `0xffff_ffff`",
    "$": "names are written in ASCII letters, digits and `_`",
    "`": "names have no quotes, and words of the language are names too",
    "\\": "a line may end anywhere, so `\\` is not needed",
}
#: What seems to be declared where something was left out.
_DECLARED = re.compile(
    r"\b(?:type|const|struct|union|opaque|enum|flags|callback|vtable|convention|fn|static|allocator"
    r"|define)\s+([A-Za-z_]\w*)"
)


def lost_names(text: str) -> Iterator[str]:
    """The names that are declared in what was left out. ex) ``MAX`` in ``#define MAX 1``"""
    for found in _DECLARED.finditer(text):
        yield found[1]


def report_stray(kind: str, text: str, span: Span, before: str, report: Report) -> None:
    """Report what no rule uses, of a kind that the grammar has for it; ``before``: the character in
    front of it."""
    if kind in ("UNTERMINATED_STRING", "UNTERMINATED_COMMENT"):
        _report_unterminated(kind == "UNTERMINATED_STRING", span, report)
        return
    report.add(
        catalog.BAD_CHARACTER,
        span,
        f"unexpected {'character' if len(text) == 1 else 'characters'} `{_first_line(text)}`",
        hint=_hint(text, before),
    )


def _first_line(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= 40 else f"{line[:40]}…"


def _report_unterminated(is_string: bool, span: Span, report: Report) -> None:
    report.add(
        catalog.UNTERMINATED,
        Span(span.file, span.start, min(span.start + 2, span.end)),
        f"this {'string' if is_string else 'comment'} does not end",
        hint='close it with `"` in the same line' if is_string else "close it with `*/`",
    )


def _hint(text: str, before: str) -> str:
    if text.startswith(("#[", "#![")):
        return "leave it out: the layout is that of C anyway; attributes here are `@name`"
    if text[0] == "#":
        return _directive_hint(text)
    if text[0] == "'":
        return _quote_hint(text, before)
    if text[0] in _CHARACTERS:
        return _CHARACTERS[text[0]]
    if text.isascii():
        return "leave it out: the language does not use it"
    return "names are written in ASCII letters, digits and `_`"


def _directive_hint(text: str) -> str:
    define = _DEFINE.fullmatch(text)
    if define is not None:
        return f"there is no preprocessor here: write `const {define[1]}: u32 = {define[2]};`"
    directive = _DIRECTIVE.match(text)
    word = directive[1] if directive is not None else ""
    if word == "define":
        return "there is no preprocessor here: a constant is `const NAME: TYPE = 1;`"
    return _DIRECTIVES.get(word, _PYTHON_COMMENT)


def _quote_hint(text: str, before: str) -> str:
    if not text.endswith("'") and before in ("<", "&"):
        return "there are no lifetimes; how long a borrowed thing lives is said with `@until(…)`"
    if len(text) == 3:
        return f"a character is written as its number: `{ord(text[1]):#04x}`"
    return _QUOTES
