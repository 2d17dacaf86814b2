"""What an output is: a function from a library and its layouts to pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from abilock.diagnostics.report import Report
from abilock.layout.shapes import Layout
from abilock.model.decls import Library


@dataclass(frozen=True, slots=True)
class Page:
    """One file to make. ``path`` is relative to ``generated/<abi>/``, ``template`` to ``templates/``;
    the template sees ``view`` and nothing else. ``tells_of_releases``: whether it says what is known of
    plugins of other releases.

    ex) ``Page("include/drasi.h", "header/library.h.jinja", HeaderView(…))``
    """

    path: str
    template: str
    view: object
    tells_of_releases: bool = False


#: Layouts of one library, one per target, in the order of the library's targets.
Layouts: TypeAlias = tuple[Layout, ...]


def _no_limits(library: Library, layouts: Layouts, report: Report) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Output:
    """An entry of the registry. ``name`` is the template folder and what the config lists."""

    name: str
    pages: Callable[[Library, Layouts], tuple[Page, ...]]
    #: Reports what the output cannot have; after an error it is not made.
    limits: Callable[[Library, Layouts, Report], None] = _no_limits
    #: Whether it judges plugins of other releases, and so wants to know about them.
    judges: bool = False
