"""The pages of codes: what each means, why it matters, how to fix it."""

from __future__ import annotations

from importlib import resources

from abilock.diagnostics.catalog import Code


def page(code: Code) -> str:
    """The page of a code, as Markdown.

    Raises:
        FileNotFoundError: there is none.
    """
    return text_beside("pages", f"{code.number}-{code.slug}.md")


def text_beside(*path: str) -> str:
    """A text that ships beside this module."""
    return resources.files("abilock.diagnostics").joinpath(*path).read_text("utf-8")
