"""Names in Python that ``@strip_types`` gives: every type and constant of a file then has a ``@py``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model.attributes import Attribute, Attributes, Text
from abilock.model.decls import Declaration, EntryFunction, EntryStatic, Library
from abilock.model.python_names import stripped_type_name, type_name


def with_python_names(library: Library, report: Report) -> Library:
    """The library whose types and constants all say what ``@strip_types`` makes of their names. Those that
    are imported are called as their own ABI calls them."""
    affixes = _affixes(library.attributes)
    _check_use(library, affixes, report)
    imported = _imported(library)
    return replace(
        library,
        declarations=tuple(
            _renamed(each, imported.get(each.name) or stripped_type_name(each.name, affixes))
            for each in library.declarations
        ),
    )


def _affixes(attributes: Attributes) -> tuple[str, ...]:
    attribute = attributes.get("strip_types")
    given = attribute.arguments if attribute is not None else ()
    return tuple(each.text for each in given if isinstance(each, Text))


def _imported(library: Library) -> Mapping[str, str]:
    """What imported types and constants are called by the ABIs that declare them."""
    return {
        each.name: type_name(each.name, each.attributes)
        for each in _named(
            tuple(found for other in library.all_imports for found in other.declarations)
        )
    }


def _named(declarations: Sequence[Declaration]) -> Iterator[Declaration]:
    """Entries become attributes of a plugin, and bindings do not have what is hidden."""
    for each in declarations:
        if not isinstance(each, EntryFunction | EntryStatic) and not each.attributes.has("hidden"):
            yield each


def _renamed(declared: Declaration, name: str) -> Declaration:
    if not any(_named((declared,))) or name == type_name(declared.name, declared.attributes):
        return declared
    if declared.attributes.has("py"):
        return declared
    given = Attributes((*declared.attributes.all, Attribute("py", (Text(name),))))
    return replace(declared, attributes=given)


def _check_use(library: Library, affixes: Sequence[str], report: Report) -> None:
    """Report what no name begins or ends with."""
    attribute = library.attributes.get("strip_types")
    own = [each.name for each in _named(library.declared)]
    for affix in affixes:
        part = affix.strip("*")
        is_prefix = affix.endswith("*")
        if attribute is None or any(
            name != part and (name.startswith(part) if is_prefix else name.endswith(part))
            for name in own
        ):
            continue
        report.add(
            catalog.NO_EFFECT,
            attribute.span,
            f'no type and no constant {"begins" if is_prefix else "ends"} with "{part}"',
            hint="leave it out",
        )
