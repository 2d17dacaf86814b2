"""``abilock fmt``: descriptions in canonical form."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from abilock.commands.outcome import BROKEN, FINDINGS, NOTHING_TO_REPORT, Outcome
from abilock.descriptions import STDIN, is_of_revision, is_release, open_description
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.emit.difference import difference_lines
from abilock.progress import Progress
from abilock.source import SourceFile, printable
from abilock.syntax.formatter import format_file
from abilock.syntax.parser import parse
from abilock.troubles import what_to_do


def fmt(files: Sequence[str], *, check_only: bool, diff_only: bool, progress: Progress) -> Outcome:
    """Format the files in place; ``-`` is read from standard input and written to standard output.

    A file with syntax errors is left alone. With ``check_only`` or ``diff_only`` nothing is written,
    and the exit code says whether anything would change.
    """
    report = Report()
    shown: list[str] = []
    unformatted: list[str] = []
    remarks: list[str] = []
    changed = 0
    for name in files:
        if is_of_revision(name) and not (check_only or diff_only):
            report.add(
                catalog.FILE_UNREADABLE,
                None,
                f"{name} is a file of a git revision, which cannot be rewritten",
                hint=f"`git show {name} | abilock fmt -` shows it formatted; `--diff` shows the changes",
            )
            continue
        if is_release(name) and not (check_only or diff_only):
            report.add(
                catalog.FILE_UNREADABLE,
                None,
                f"{name} is a release, which stays what it is",
                hint="`abilock fmt --diff` shows what a newer abilock would write",
            )
            continue
        progress(f"formatting {name}")
        formatted = _format(name, report)
        if formatted is None:
            continue
        source, text = formatted
        if text == source.text and name != STDIN:
            continue
        changed += text != source.text
        if diff_only:
            shown.append(_diff(source, text))
        elif check_only:
            if text != source.text:
                shown.append(f"would format {printable(source.path)}\n")
                unformatted.append(source.path)
        elif name == STDIN:
            shown.append(text)
        else:
            try:
                _replace(Path(name), text)
            except OSError as error:
                report.add(
                    catalog.OUTPUT_UNWRITABLE,
                    None,
                    f"cannot write {name}: {error.strerror or error}",
                    hint=f"the file is as it was; {what_to_do(error)}",
                )
                continue
            remarks.append(f"formatted {printable(name)}")
    code = FINDINGS if changed and (check_only or diff_only) else NOTHING_TO_REPORT
    if report.failed:
        code = BROKEN
    data = {"unformatted": unformatted}
    return Outcome(code, "".join(shown), report, tuple(remarks), data)


def _format(name: str, report: Report) -> tuple[SourceFile, str] | None:
    path, read = open_description(name)
    source = read(path, report)
    if source is None:
        return None
    own = Report()
    file = parse(source, own)
    for found in own.diagnostics:
        report.add(found.code, found.span, found.message, hint=found.hint, notes=found.notes)
    return None if own.failed else (source, format_file(file, source))


def _diff(source: SourceFile, text: str) -> str:
    shown = printable(source.path)
    before, after = source.text.encode("utf-8"), text.encode("utf-8")
    return "".join(difference_lines(before, after, shown, f"{shown} (formatted)"))


def _replace(path: Path, text: str) -> None:
    """Whole or not at all: a description is somebody's work."""
    target = path.resolve()
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, target.stat().st_mode & 0o7777)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
