"""The pages of codes: what each means, why it matters, how to fix it."""

from __future__ import annotations

from importlib import resources

from abilock.diagnostics.catalog import Code

#: Where the pages are, by the first letter of the code.
_HOMES = {"A": "abilock.diagnostics", "C": "abilock.compat"}


def page(code: Code) -> str:
    """The page of a code, as Markdown."""
    return page_of(code.number, code.slug)


def page_of(number: str, slug: str) -> str:
    """The page of a code or rule, as Markdown."""
    return (
        resources.files(_HOMES[number[0]])
        .joinpath("pages", f"{number}-{slug}.md")
        .read_text("utf-8")
    )


def text_beside(name: str) -> str:
    """A text that ships beside this module."""
    return resources.files("abilock.diagnostics").joinpath(name).read_text("utf-8")
