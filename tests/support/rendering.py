"""Outputs of a library as text, without files."""

from __future__ import annotations

from abilock.model.decls import Library
from abilock.outputs import OUTPUTS
from abilock.pipeline import lay_out_all
from abilock.render.environment import make_environment, render
from abilock.render.formatting import finish


def rendered(library: Library, *outputs: str) -> dict[str, str]:
    """Every page of the named outputs, by path."""
    return {path: finish(path, text, {}) for path, text in unformatted(library, *outputs).items()}


def unformatted(library: Library, *outputs: str) -> dict[str, str]:
    """As :func:`rendered`, much faster, for tests that do not look at blanks."""
    layouts = lay_out_all(library)
    environment = make_environment()
    return {
        page.path: render(environment, page.template, page.view)
        for output in OUTPUTS
        if output.name in outputs
        for page in output.pages(library, layouts)
    }


def header_text(library: Library) -> str:
    """The C header."""
    return rendered(library, "header")[f"include/{library.name}.h"]
