"""Templates print; views decide.

A template may loop over a field, test one boolean, print a field, include or import a part, and call
a macro. What is not on that list is not allowed, whatever Jinja makes of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import nodes

from abilock.outputs import OUTPUTS
from abilock.render.environment import make_environment
from abilock.resources import template_root

ROOT = template_root()
VIEWS = Path(__file__).parents[1] / "gen" / "abilock" / "outputs"

#: What every output may use and no output is.
SHARED = "shared"

FILTERS = {"indent"}
#: Called by name without having been defined: Jinja's own ways to reach another piece of template.
JINJA_CALLS = {"super", "loop", "caller"}

STATEMENTS = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If),
    *(nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block),
    *(nodes.Macro, nodes.CallBlock, nodes.FilterBlock),
)
EXPRESSIONS = (
    *(nodes.Name, nodes.Getattr, nodes.Const, nodes.Not),
    *(nodes.Call, nodes.Keyword, nodes.Filter),
)
ALLOWED = STATEMENTS + EXPRESSIONS


def sources() -> list[str]:
    """The names of all templates, as templates name each other."""
    return sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.jinja"))


def complaints(text: str) -> list[str]:
    """``line: what is not allowed`` for each offence in a template's text."""
    tree = make_environment().parse(text)
    macros = {macro.name for macro in tree.find_all(nodes.Macro)} | imported(tree)
    return [
        f"{node.lineno}: {complaint}"
        for node in walk(tree)
        if (complaint := complain(node, macros | JINJA_CALLS))
    ]


def walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from walk(child)


def imported(tree: nodes.Template) -> set[str]:
    """The names that a template gets from others: of macros, or of templates full of macros."""
    names = {node.target for node in tree.find_all(nodes.Import)}
    for node in tree.find_all(nodes.FromImport):
        names |= {name if isinstance(name, str) else name[1] for name in node.names}
    return names


def complain(node: nodes.Node, callable_names: set[str]) -> str | None:
    match node:
        case nodes.Call(node=nodes.Name(name=name)) if name in callable_names:
            return None
        case nodes.Call(node=nodes.Getattr(node=nodes.Name(name=name))) if name in callable_names:
            return None
        case nodes.Call():
            return "calls something that is no macro"
        case nodes.Filter(name=name) if name not in FILTERS:
            return f"filter `{name}`"
        case nodes.Include(template=nodes.Const() | nodes.Getattr()):
            return None  # a part's name may be a field: then the view has chosen the part
        case nodes.Include() | nodes.Import() | nodes.FromImport() | nodes.Extends() if (
            not isinstance(node.template, nodes.Const)
        ):
            return "the name of another template is computed"
        case nodes.For(test=test) if test is not None:
            return "loop with a condition"
        case _ if not isinstance(node, ALLOWED):
            return type(node).__name__
    return None


# --- the lint itself


@pytest.mark.parametrize(
    "text",
    [
        "{% if view.count == 1 %}{% endif %}",
        "{% if view.a and view.b %}{% endif %}",
        "{% if view.name is defined %}{% endif %}",
        "{{ view.count + 1 }}",
        "{{ -view.count }}",
        "{{ view.a ~ view.b }}",
        "{{ 'a' if view.a else 'b' }}",
        "{{ view.names[0] }}",
        "{{ [view.a, view.b] }}",
        "{{ view.name.upper() }}",
        "{{ range(3) }}",
        "{{ view.name | upper }}",
        "{% filter upper %}{{ view.name }}{% endfilter %}",
        "{% set x = 1 %}",
        "{% set x %}text{% endset %}",
        "{% with x = view.a %}{{ x }}{% endwith %}",
        "{% for name, value in view.pairs %}{% endfor %}",
        "{% for field in view.fields if field.shown %}{% endfor %}",
        "{% include [view.part, 'shared/a.jinja'] %}",
        "{% include 'parts/' ~ view.name %}",
        "{% import view.part as parts %}",
        "{% extends view.base %}",
        "{% autoescape true %}{% endautoescape %}",
    ],
)
def test_the_lint_refuses(text: str) -> None:
    assert complaints(text)


@pytest.mark.parametrize(
    "text",
    [
        "{% for field in view.fields %}{{ field.name }}{% if not loop.last %},{% endif %}{% endfor %}",
        "{% if view.a %}a{% elif view.b %}b{% else %}c{% endif %}",
        "{% macro part(x) %}{{ x.name }}{% endmacro %}{{ part(view.x) }}",
        "{% from 'shared/a.jinja' import part as piece %}{{ piece(view.x) | indent(4) }}",
        "{% import 'shared/a.jinja' as parts %}{{ parts.piece(view.x, wide=true) }}",
        "{% include 'shared/banner.jinja' %}",
        "{% for item in view.items %}{% include item.part %}{% endfor %}",
        "{% filter indent(4) %}{{ view.text }}{% endfilter %}",
        "{% for node in view.tree recursive %}{{ node.name }}{{ loop(node.children) }}{% endfor %}",
        "{# a comment #}{{ '{{' }}",
    ],
)
def test_the_lint_accepts(text: str) -> None:
    assert complaints(text) == []


# --- the templates


@pytest.mark.parametrize("name", sources())
def test_a_template_decides_nothing(name: str) -> None:
    found = complaints((ROOT / name).read_text(encoding="utf-8"))
    assert not found, f"\nlet the view decide; templates/{name}:" + "\n  ".join(("", *found))


def test_every_folder_belongs_to_an_output() -> None:
    folders = {name.split("/")[0] for name in sources()} - {SHARED}
    unknown = folders - {output.name for output in OUTPUTS}
    assert not unknown, f"in templates/, but not in abilock.outputs.OUTPUTS: {sorted(unknown)}"


def test_every_output_has_its_folders() -> None:
    lacking = [output.name for output in OUTPUTS if not (VIEWS / output.name).is_dir()]
    assert not lacking, f"registered, but not in gen/abilock/outputs/: {lacking}"


def test_outputs_have_different_names() -> None:
    names = [output.name for output in OUTPUTS]
    assert len(set(names)) == len(names)


def test_every_template_is_used() -> None:
    used = named_by_views()
    waiting = list(used)
    while waiting:
        for name in named_by_template(waiting.pop()) - used:
            used.add(name)
            waiting.append(name)
    unused = set(sources()) - used
    assert not unused, f"no view and no used template names them: {sorted(unused)}"


def test_every_template_that_is_named_exists() -> None:
    named = named_by_views().union(*map(named_by_template, sources()))
    missing = named - set(sources())
    assert not missing, f"named, but not in templates/: {sorted(missing)}"


def named_by_views() -> set[str]:
    """Every template's name that the outputs spell out, as a string or with a string put into one.

    ex) ``"header/library.h.jinja"``; ``f"cffi/{name}.jinja"`` where ``"_cdef.py"`` stands beside it
    """
    return {name for module in VIEWS.rglob("*.py") for name in named_by_module(module)}


def named_by_module(module: Path) -> set[str]:
    tree = list(ast.walk(ast.parse(module.read_text(encoding="utf-8"))))
    strings = {
        node.value
        for node in tree
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    named = {text for text in strings if text.endswith(".jinja") and "/" in text}
    for node in tree:
        match node:
            case ast.JoinedStr(
                values=[
                    ast.Constant(value=str(before)),
                    ast.FormattedValue(),
                    ast.Constant(value=".jinja"),
                ]
            ):
                named |= {f"{before}{text}.jinja" for text in strings} & set(sources())
    return named


def named_by_template(name: str) -> set[str]:
    path = ROOT / name
    if not path.exists():
        return set()
    tree = make_environment().parse(path.read_text(encoding="utf-8"))
    kinds = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
    return {
        node.template.value
        for node in tree.find_all(kinds)
        if isinstance(node.template, nodes.Const)
    }
