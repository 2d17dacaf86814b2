"""The one Jinja environment: strict, without extensions; templates print, views decide."""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from abilock.resources import template_root


def make_environment() -> Environment:
    """An environment over the template folder. Nothing is escaped: views hand over safe text."""
    return Environment(
        loader=FileSystemLoader(template_root()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def render(environment: Environment, template: str, view: object) -> str:
    """The text of ``template`` for ``view``, which the template knows by the name ``view``."""
    return environment.get_template(template).render(view=view)
