"""Bytes to text: what a reviewer sees must be what the parser reads.

Guarantee: the text has ``\\n`` line ends only, and holds no control character, NUL or bidirectional
override (Unicode TR36 and TR55, "Trojan Source"). What it may not hold, and bytes that are not UTF-8,
were reported, and U+FFFD stands in their place, so that the rest can be read.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import replace
from itertools import islice
from pathlib import Path

from abilock.conflicts import IN_TEXT
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.source import SourceFile, Span
from abilock.syntax.limits import LimitedReport
from abilock.syntax.tokens import is_description
from abilock.troubles import what_to_do

#: A description is prose and declarations; the 10,000 slots of the benchmark have 1 MiB.
MAX_BYTES = 4 * 1024 * 1024
#: Stretches that no text holds, beyond which a file is none.
MAX_BAD = 1000

_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff"
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: Bytes that are not UTF-8, as ``surrogateescape`` has them.
_BYTES = re.compile("[\udc80-\udcff]+")
_BAD = re.compile(rf"{_BYTES.pattern}|{_BIDI.pattern}|[{_CONTROL}]")
_BAD_CHARACTER = re.compile(rf"[\udc80-\udcff{_CONTROL}]|{_BIDI.pattern}")
#: What has no width and no effect: blanks and hyphens that do not show, fillers, tags, marks that choose
#: between forms of letters. Joiners change how their neighbours look, and emoji are chosen by others.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u3164\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
#: The blanks that are not printable.
_BLANKS = {ord("\n"): None, ord("\t"): None}
_BOM = b"\xef\xbb\xbf"
#: How libraries and programs begin: ELF, PE, and Mach-O.
_LIBRARIES = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
#: Where NUL shows that a file is no text, unless it is one of few slips.
_BEGINNING = 1024
_FEW = 4
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read_file(path: Path, name: str, report: Report) -> SourceFile | None:
    """The file's text under ``name``, or None after reporting why there is none."""
    try:
        data = _read(path)
    except OSError as error:
        report.add(
            catalog.FILE_UNREADABLE,
            None,
            f"cannot read {name}: {error.strerror or error}",
            hint=what_to_do(error),
        )
        return None
    except ValueError:
        report.add(
            catalog.FILE_UNREADABLE,
            None,
            f"cannot read {name!r}: not a path",
            hint="check the path",
        )
        return None
    return decode(data, name, report)


def _read(path: Path) -> bytes:
    """As many bytes as a description may have, and one more. Never waits for who may never write: of
    pipes and devices only those are read that a shell has opened, as for ``<(…)``."""
    opened = path.as_posix().startswith(("/dev/fd/", "/dev/stdin", "/proc/self/fd/"))
    handle = os.open(path, os.O_RDONLY | (0 if opened else getattr(os, "O_NONBLOCK", 0)))
    with os.fdopen(handle, "rb") as stream:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode) and not (opened and not stat.S_ISDIR(mode)):
            code = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
            what = "Is a directory" if stat.S_ISDIR(mode) else "it is a device, pipe or socket"
            raise OSError(code, what, str(path))
        return stream.read(MAX_BYTES + 1)


def decode(data: bytes, name: str, report: Report) -> SourceFile | None:
    """The text of ``data``, or None after reporting what is wrong with it."""
    if len(data) > MAX_BYTES:
        report.add(
            catalog.FILE_TOO_LARGE,
            None,
            f"{name} is larger than {MAX_BYTES // (1024 * 1024)} MiB",
            hint="is it an ABI description? split it with `import` if it is",
        )
        return None
    if data.startswith(_UTF_16):
        report.add_source(SourceFile(name, ""))
        report.add(
            catalog.NOT_UTF8,
            Span(name, 0, 0),
            "the file is UTF-16, not UTF-8",
            hint="save it as UTF-8",
        )
        return None
    # Each byte that is not UTF-8 becomes one character, which no other text has.
    text = data.removeprefix(_BOM).decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    lone = text.find("\r")
    text = text.replace("\r", "\n")
    _report_invisible(text, name, report)
    bad = [] if _is_plain(text) else [*islice(_BAD.finditer(text), MAX_BAD + 1)]
    if not bad:
        source = SourceFile(name, text)
        report.add_source(source)
        _report_lone(lone, name, report)
        return _without_conflicts(source, report)
    readable = _BAD_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)
    is_text = len(bad) <= MAX_BAD and is_description(readable)
    if not is_text and len(bad) > _FEW and b"\0" in data[:_BEGINNING]:
        report.add_source(SourceFile(name, ""))
        what = "a library or a program" if data.startswith(_LIBRARIES) else "no text"
        report.add(
            catalog.FILE_UNREADABLE,
            None,
            f"cannot read {name}: it is {what}, and a description is text",
            hint="name a description; `abilock verify --witness FILE` reads libraries",
        )
        return None
    places = (at for match in bad for at in range(*match.span())) if is_text else ()
    source = SourceFile(name, readable, frozenset(places))
    report.add_source(source)
    _report_lone(lone, name, report)
    limited = LimitedReport(report, is_text)
    for match in bad:
        if limited.exhausted:
            break
        _report_bad(match[0], Span(name, *match.span()), limited)
    return source if is_text else None


def _is_plain(text: str) -> bool:
    """Whether there is nothing in a text that somebody could object to, told in a hundredth of the time
    that it takes to find it."""
    return text.isascii() and text.translate(_BLANKS).isprintable()


def _report_invisible(text: str, name: str, report: Report) -> None:
    """As clippy does in strings: what cannot be seen may be meant, and is then written as an escape."""
    if text.isascii():
        return
    limited = LimitedReport(report)
    for found in islice(_INVISIBLE.finditer(text), MAX_BAD):
        number = f"U+{ord(found[0][0]):04X}"
        many = f" and {len(found[0]) - 1} more" if len(found[0]) > 1 else ""
        limited.add(
            catalog.INVISIBLE_CHARACTER,
            Span(name, *found.span()),
            f"{number}{many} in the text, which nobody sees",
            hint=f"remove it; in a string, write `\\u{{{ord(found[0][0]):x}}}` if it is meant",
        )


def _report_lone(at: int, name: str, report: Report) -> None:
    """Line ends of a CR alone are taken for what they are, and told once."""
    if at >= 0:
        report.add(
            catalog.CONTROL_CHARACTER,
            Span(name, at, at + 1),
            "control character U+000D in the text",
            hint="save the file with LF or CRLF at the ends of lines; in a string, write `\\r`",
        )


def _without_conflicts(source: SourceFile, report: Report) -> SourceFile:
    """Report what a merge has left open. What is read goes on with the lines of one side, where the
    markers and the other side are blank, so that every place stays what it was."""
    if "<<<<<<<" not in source.text:
        return source
    lines = source.text.split("\n")
    begin, middle, offset = None, None, 0
    for number, line in enumerate(lines):
        if IN_TEXT.ours.fullmatch(line):
            begin, middle = (number, Span(source.path, offset, offset + len(line))), None
        elif begin is not None and middle is None:
            if IN_TEXT.between.fullmatch(line) or IN_TEXT.base.fullmatch(line):
                middle = number
        elif begin is not None and middle is not None and IN_TEXT.theirs.fullmatch(line):
            report.add(
                catalog.MERGE_CONFLICT,
                begin[1],
                "a merge has left the lines of two branches here",
                hint="keep what is right of both, and remove the lines `<<<<<<<`, `=======`, `>>>>>>>`",
            )
            for blank in (begin[0], *range(middle, number + 1)):
                lines[blank] = " " * len(lines[blank])
            begin, middle = None, None
        offset += len(line) + 1
    return replace(source, text="\n".join(lines))


def _report_bad(text: str, span: Span, report: Report) -> None:
    """Report characters that no description holds; ``text``: one of them, or bytes that are not UTF-8."""
    first = ord(text[0])
    if _BYTES.fullmatch(text):
        data = bytes(ord(char) - 0xDC00 for char in text)
        shown = " ".join(f"0x{byte:02x}" for byte in data[:4]) + (" …" if len(data) > 4 else "")
        message = f"byte {shown} is not UTF-8" if len(data) == 1 else f"bytes {shown} are not UTF-8"
        report.add(catalog.NOT_UTF8, span, message, hint=_encoding_hint(data))
    elif _BIDI.fullmatch(text):
        report.add(
            catalog.BIDI_CHARACTER,
            span,
            f"bidirectional control U+{first:04X} in the text",
            hint="remove it: it lets text look different from what is read",
        )
    else:
        report.add(
            catalog.CONTROL_CHARACTER,
            span,
            f"control character U+{first:04X} in the text",
            hint="remove it; in a string, write an escape such as `\\n` or `\\x00`",
        )


def _encoding_hint(data: bytes) -> str:
    """The bytes may be text in the encoding that Western editors used before UTF-8."""
    text = data.decode("cp1252", "replace")
    if len(text) <= 4 and text.isprintable() and "\ufffd" not in text:
        return f"save the file as UTF-8; in Windows-1252, this is `{text}`"
    return "save the file as UTF-8, or remove them"
