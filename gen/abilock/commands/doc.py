"""``abilock doc FILE``: the reference page, on standard output."""

from __future__ import annotations

import re
from dataclasses import replace

from abilock.commands.outcome import BROKEN, NOTHING_TO_REPORT, Outcome
from abilock.descriptions import is_release
from abilock.diagnostics.report import Report
from abilock.outputs.docs.view import pages
from abilock.pipeline import lay_out_all, read_library
from abilock.progress import Progress
from abilock.render.environment import make_environment, render


def doc(file: str, *, progress: Progress) -> Outcome:
    """The Markdown reference of a description."""
    report = Report()
    library = read_library(file, report, progress=progress)
    if library is None:
        return Outcome(BROKEN, report=report)
    progress(f"laying out {file}")
    # Where the file lies, and how it was named, is no part of what the page says.
    name = file if is_release(file) else library.source
    named = replace(library, source=re.split("[/:]", name)[-1])
    (page,) = pages(named, lay_out_all(named))
    text = render(make_environment(), page.template, page.view)
    return Outcome(NOTHING_TO_REPORT, text, report)
