"""Generated files of a description, written to a folder, without the writer and its manifest."""

from __future__ import annotations

from pathlib import Path

from abilock.diagnostics.render import render_text
from abilock.diagnostics.report import Report
from abilock.model.decls import Library
from abilock.outputs import OUTPUTS
from abilock.pipeline import lay_out_all, read_library
from abilock.render.environment import make_environment, render


def write_pages(library: Library, folder: Path, *outputs: str) -> None:
    """The pages of the named outputs, unformatted."""
    environment = make_environment()
    layouts = lay_out_all(library)
    for output in OUTPUTS:
        if output.name in outputs:
            for page in output.pages(library, layouts):
                path = folder / page.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(render(environment, page.template, page.view), encoding="utf-8")


def read_file(path: Path) -> Library:
    """The library of a description that must be right."""
    report = Report()
    library = read_library(str(path), report)
    assert library is not None, render_text(report)
    return library
