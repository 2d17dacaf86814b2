"""A library from a few lines of description, for tests of what comes behind the checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from abilock.check import check
from abilock.diagnostics import catalog
from abilock.diagnostics.render import render_text
from abilock.diagnostics.report import Report
from abilock.model.decls import Library
from abilock.pipeline import read_library
from abilock.source import SourceFile
from abilock.syntax.loading import load

HEADER = "abi test 1.2.0;\n"
_HAS_HEADER = re.compile(r"^abi ", re.MULTILINE)


def read_text(text: str, others: Mapping[str, str] | None = None) -> tuple[Library | None, Report]:
    """What a description with the header ``abi test 1.2.0;`` means, and everything reported.

    ``others``: the files that it can import, by name, each with a header of its own.
    """
    files = {"test.abi": text if _HAS_HEADER.search(text) else HEADER + text, **(others or {})}

    def read(name: str, report: Report) -> SourceFile | None:
        if name not in files:
            report.add(catalog.FILE_UNREADABLE, None, f"cannot read {name}")
            return None
        source = SourceFile(name, files[name])
        report.add_source(source)
        return source

    report = Report()
    loaded = load("test.abi", read, report)
    assert loaded is not None
    return check(loaded, report), report


def library_of(text: str, others: Mapping[str, str] | None = None) -> Library:
    """As :func:`read_text`, for a description that must be right."""
    library, report = read_text(text, others)
    assert library is not None, render_text(report)
    return library


def codes_of(text: str, others: Mapping[str, str] | None = None) -> list[str]:
    """The numbers of all diagnostics, in source order."""
    _, report = read_text(text, others)
    return [found.code.number for found in report.sorted()]


def library_at(path: Path) -> Library:
    """The library of a file, which must be right."""
    report = Report()
    library = read_library(str(path), report)
    assert library is not None, render_text(report)
    return library
