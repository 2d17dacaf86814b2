"""The order of the house: who may import whom, and how large a module gets.

Imports point down the list of LAYERS, never sideways and never up; imports under TYPE_CHECKING
count, because a cycle that only the type checker sees is still a cycle for the reader.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

import pytest

from support.golden import assert_golden

PACKAGE = Path(__file__).parents[1] / "gen" / "abilock"
MAP = PACKAGE.parent / "README.md"

#: From the top. Those that stand together are siblings and do not know each other.
LAYERS = (
    ("__main__",),
    ("cli",),
    ("arguments",),
    ("terminal",),
    ("commands",),
    ("generation",),
    ("releases", "compilers"),
    ("pipeline",),
    ("descriptions", "host"),
    ("emit",),
    ("outputs", "render", "present"),
    ("binding",),
    ("lock", "witness"),
    ("compat",),
    ("layout",),
    ("check",),
    ("syntax", "model"),
    ("diagnostics",),
    ("moved",),
    ("source", "portable", "conflicts", "troubles"),
    ("frozen",),
)
RANKS = {part: rank for rank, layer in enumerate(LAYERS) for part in layer}

#: Who runs things, and so may know how a project is set up and where files lie. What things mean does
#: not depend on it.
RUNNERS = {
    "arguments",
    "cli",
    "terminal",
    "commands",
    "releases",
    "compilers",
    "generation",
    "pipeline",
    "descriptions",
    "emit",
    "render",
}

#: Beside the layers: who may import them, and what they may import.
BESIDE: dict[str, tuple[set[str], set[str]]] = {
    "resources": (RUNNERS, set()),
    "config": (RUNNERS, {"model", "diagnostics", "source", "portable"}),
    "progress": (RUNNERS, {"source"}),
    "memory": (RUNNERS, set()),
}

#: A third-party package is imported in one place, so that it can be replaced in one place.
FENCES = {
    "lark": "syntax/grammar.py",
    "jinja2": "render/environment.py",
    "black": "render/formatting.py",
}
THIRD_PARTY_ANYWHERE_ELSE = {"cffi"}

#: Layouts are computed for a target; the machine that computes them must not shine through.
HOST_FACTS = {"sys", "os", "platform", "struct", "ctypes", "sysconfig"}

#: The one output that has another inside it: a Python package brings the header that it is built with.
CARRIES = {"cffi": "header"}

#: Code in `__init__` runs on every import of the package; these two are tables of contents.
MAY_HAVE_INIT = {"check/__init__.py", "outputs/__init__.py"}

LINES = 450
#: Modules that may be longer: data, which does not get harder to read by being long.
LONGER = {
    "syntax/ast.py": "one node class after the other, no logic",
    "check/attribute_table.py": "one entry per attribute",
    "diagnostics/catalog.py": "one entry per diagnostic",
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def place(module: Path) -> str:
    """ex) ``layout/engine.py``"""
    return module.relative_to(PACKAGE).as_posix()


def part(module: Path) -> str:
    """The part of the house that a module belongs to. ex) ``layout``"""
    return module.relative_to(PACKAGE).with_suffix("").parts[0]


@cache
def imports(module: Path) -> tuple[tuple[int, str], ...]:
    """Line and full dotted name of everything that the module imports, wherever it does so.

    ex) ``from abilock.layout import target`` is ``abilock.layout.target``
    """
    return tuple(_imports(module))


def _imports(module: Path) -> Iterator[tuple[int, str]]:
    package = ".".join(("abilock", *module.relative_to(PACKAGE).parent.parts))
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), package)
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)


Rule = Callable[[Path, str], str | None]


def violations(rule: Rule) -> list[str]:
    """``file:line: complaint`` for every import that the rule objects to."""
    return [
        f"gen/abilock/{place(module)}:{line}: {complaint}"
        for module in modules()
        for line, name in imports(module)
        if (complaint := rule(module, name))
    ]


def points_down(module: Path, name: str) -> str | None:
    top, _, rest = name.partition(".")
    if top != "abilock":
        return None
    importer, imported = part(module), rest.split(".")[0]
    if importer == imported:
        return None
    if imported in BESIDE:
        allowed = importer in BESIDE[imported][0]
    elif importer in BESIDE:
        allowed = imported in BESIDE[importer][1]
    else:
        allowed = RANKS.get(importer, 0) < RANKS.get(imported, -1)
    return None if allowed else f"{importer} may not import {imported}"


def keeps_fences(module: Path, name: str) -> str | None:
    package, here = name.split(".")[0], place(module)
    if package in THIRD_PARTY_ANYWHERE_ELSE:
        return f"{package} is for generated code and tests"
    fence = FENCES.get(package)
    if fence and not here.startswith(fence):
        return f"{package} is imported in {fence} only"
    return None


def knows_no_host(module: Path, name: str) -> str | None:
    if part(module) == "layout" and name.split(".")[0] in HOST_FACTS:
        return f"a layout must not depend on this machine ({name})"
    return None


def output_of(name: str) -> str | None:
    """The output that a dotted name lies in, if it lies in one.

    ex) ``header`` for ``abilock.outputs.header.view``; None for ``abilock.outputs.comments``
    """
    parts = name.split(".")
    if parts[:2] != ["abilock", "outputs"] or len(parts) < 3:
        return None
    return parts[2] if (PACKAGE / "outputs" / parts[2]).is_dir() else None


def keeps_outputs_apart(module: Path, name: str) -> str | None:
    here = ".".join(("abilock", *module.relative_to(PACKAGE).with_suffix("").parts))
    if part(module) != "outputs" or here == "abilock.outputs.__init__":
        return None
    if name == "abilock.outputs.OUTPUTS":
        return "an output does not know the registry"
    mine, other = output_of(here), output_of(name)
    if CARRIES.get(mine or "") == other:
        return None
    return f"the output {other} may not be imported here" if other and other != mine else None


def test_every_part_has_its_place() -> None:
    unknown = {part(module) for module in modules()} - {"__init__", *RANKS, *BESIDE}
    assert not unknown, f"say where they stand, in LAYERS of this file: {sorted(unknown)}"


RULES = (points_down, keeps_fences, knows_no_host, keeps_outputs_apart)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_imports(rule: Rule) -> None:
    found = violations(rule)
    assert not found, "\n" + "\n".join(found)


def test_package_inits_are_empty() -> None:
    filled = [
        place(module)
        for module in modules()
        if module.name == "__init__.py" and place(module) not in MAY_HAVE_INIT and has_code(module)
    ]
    assert not filled, f"move this code into modules: {filled}"


def has_code(module: Path) -> bool:
    body = ast.parse(module.read_text(encoding="utf-8")).body
    return any(
        not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body
    )


def test_every_folder_is_a_package() -> None:
    bare = {
        place(module.parent) for module in modules() if not (module.parent / "__init__.py").exists()
    }
    assert not bare, f"an __init__.py is missing in {sorted(bare)}"


def test_modules_stay_readable() -> None:
    long = {
        place(module): count
        for module in modules()
        if (count := module.read_bytes().count(b"\n")) > LINES and place(module) not in LONGER
    }
    assert not long, f"over {LINES} lines; split by topic: {long}"


def test_exceptions_exist() -> None:
    gone = [name for name in (*LONGER, *MAY_HAVE_INIT) if not (PACKAGE / name).exists()]
    assert not gone, f"no such module any more: {gone}"


def test_only_the_command_line_exits() -> None:
    found = [
        f"gen/abilock/{place(module)}:{node.lineno}"
        for module in modules()
        if part(module) not in {"cli", "__main__"}
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if exits(node)
    ]
    assert not found, f"report a diagnostic, and let the command line decide: {found}"


def exits(node: ast.AST) -> bool:
    match node:
        case ast.Name(id="SystemExit" | "exit" | "quit"):
            return True
        case ast.Attribute(value=ast.Name(id="sys"), attr="exit"):
            return True
        case ast.Attribute(value=ast.Name(id="os"), attr="_exit"):
            return True
    return False


# --- the map


def test_the_map_shows_every_module(bless: bool) -> None:
    before, begin, rest = MAP.read_text(encoding="utf-8").partition("<!-- modules -->\n")
    _, end, after = rest.partition("<!-- end -->\n")
    assert begin, "gen/README.md has lost the place for its modules"
    assert end, "gen/README.md has lost the end of its modules"
    assert_golden(MAP, before + begin + "\n".join(map_lines()) + "\n" + end + after, bless)


def map_lines() -> Iterator[str]:
    """One line per module, from the top of the house, in the words of its docstring.

    ex) ``    engine.py                 Layouts as the C compiler of each target makes them.``
    """
    order = dict.fromkeys([*RANKS, *BESIDE, *sorted(map(part, modules()))])
    rank = {name: position for position, name in enumerate(order)}
    inside = (module for module in modules() if has_docs(module))
    placed = sorted(inside, key=lambda module: (rank[part(module)], place(module)))
    told: tuple[str, ...] = ()
    yield "```"
    for module in placed:
        folders = module.relative_to(PACKAGE).parent.parts
        for depth in range(len(folders)):
            if folders[: depth + 1] != told[: depth + 1]:
                yield "    " * depth + folders[depth] + "/"
        told = folders
        yield f"{'    ' * len(folders) + module.name:<29} {summary(module)}"
    yield "```"


def has_docs(module: Path) -> bool:
    """Whether a module has something to say: all but the empty package files."""
    return module.name != "__init__.py" or has_code(module)


def summary(module: Path) -> str:
    """The first sentence of a module's docstring, on one line."""
    docs = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
    assert docs, f"gen/abilock/{place(module)} does not say what it is for: write a docstring"
    paragraph = " ".join(docs.split("\n\n")[0].split())
    return re.split(r"(?<=[.]) ", paragraph)[0]
