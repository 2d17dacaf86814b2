"""The pages of codes: what each means, why it matters, how to fix it."""

from __future__ import annotations

from importlib import resources

from abilock.diagnostics.catalog import Code

#: Where the pages are, by the first letter of the code.
_HOMES = {"A": "abilock.diagnostics", "C": "abilock.compat"}


def page(code: Code) -> str:
    """The page of a code, as Markdown.

    Raises:
        FileNotFoundError: there is none.
    """
    home = resources.files(_HOMES.get(code.number[0], "abilock.diagnostics"))
    return home.joinpath("pages", f"{code.number}-{code.slug}.md").read_text("utf-8")


def text_beside(name: str) -> str:
    """A text that ships beside this module."""
    return resources.files("abilock.diagnostics").joinpath(name).read_text("utf-8")
