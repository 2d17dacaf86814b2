"""Bytes to text: what a reviewer sees must be what the parser reads.

Guarantee: the text is valid UTF-8, has ``\\n`` line ends only, and holds no control character, NUL or
bidirectional override (Unicode TR36 and TR55, "Trojan Source").
"""

from __future__ import annotations

import re
from pathlib import Path

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.source import SourceFile, Span
from abilock.syntax.limits import LimitedReport
from abilock.syntax.tokens import is_description

#: A description is prose and declarations; the 10,000 slots of the benchmark have 1 MiB.
MAX_BYTES = 4 * 1024 * 1024

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BOM = b"\xef\xbb\xbf"


def read_file(path: Path, name: str, report: Report) -> SourceFile | None:
    """The file's text under ``name``, or None after reporting why there is none."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        report.add(
            catalog.FILE_UNREADABLE,
            None,
            f"cannot read {name}: {error.strerror or error}",
            hint="check the path and the permissions",
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
    try:
        text = data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        report.add(
            catalog.NOT_UTF8,
            None,
            f"{name}:{line}: byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8",
            hint="is it an ABI description? save it as UTF-8 if it is",
        )
        return None
    source = SourceFile(name, text.replace("\r\n", "\n"))
    report.add_source(source)
    limited = LimitedReport(report, is_description(source.text))
    return source if _is_visible(source, limited) else None


def _is_visible(source: SourceFile, report: LimitedReport) -> bool:
    clean = True
    for match in _CONTROL.finditer(source.text):
        clean = False
        if report.exhausted:
            break
        report.add(
            catalog.CONTROL_CHARACTER,
            Span(source.path, match.start(), match.end()),
            f"control character U+{ord(match.group()):04X} in the text",
            hint="remove it; in a string, write an escape such as `\\n` or `\\x00`",
        )
    for match in _BIDI.finditer(source.text):
        clean = False
        if report.exhausted:
            break
        report.add(
            catalog.BIDI_CHARACTER,
            Span(source.path, match.start(), match.end()),
            f"bidirectional control U+{ord(match.group()):04X} in the text",
            hint="remove it: it lets text look different from what is read",
        )
    return clean
