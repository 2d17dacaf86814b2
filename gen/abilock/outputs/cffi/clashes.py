"""Names of a package that are made of several: no two things may get the same one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from abilock.binding.shapes import Form
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model.decls import (
    Alias,
    Callback,
    Declaration,
    EntryFunction,
    EntryStatic,
    Opaque,
    Vtable,
)
from abilock.model.naming import python_name
from abilock.model.python_names import type_name
from abilock.model.types import Aggregate
from abilock.outputs.cffi.package import Package
from abilock.source import Span

_OF_TYPES = "lift take lower fail safe write lend own end fill hand".split()
_OF_FUNCTIONS = "call on read".split()


def report_clashes(package: Package, report: Report) -> None:
    """Report names of the package that mean two things."""
    for group in (_classes(package), _carriers(package), *_methods(package)):
        seen: dict[str, str] = {}
        for name, label, place in group:
            first = seen.setdefault(name, label)
            if first != label:
                report.add(
                    catalog.NAME_COLLISION,
                    place,
                    f"{label} and {first} are both `{name}` in Python",
                    hint="give one of them another name with `@py`, or in the description",
                )


def _classes(package: Package) -> Iterator[tuple[str, str, Span | None]]:
    """Everything at the top of the package."""
    for each in package.library.declarations:
        is_only_c = isinstance(each, (Opaque, Alias)) and package.forms.form(each.name) is Form.RAW
        if not isinstance(each, (EntryFunction, EntryStatic)) and not is_only_c:
            yield type_name(each.name, each.attributes), f"`{each.name}`", each.span
    for name in package.objects.objects():
        span = package.forms.declaration(name).span
        if package.forms.form(name) is not Form.RESOURCE:
            yield f"{package.names.type(name)}Proxy", f"the proxy of `{name}`", span
        for kind in package.objects.handles(name):
            yield kind, f"the handle `{kind}` of `{name}`", span
    for each in package.library.declarations:
        for prefix in _prefixes(each):
            label = f"a function of the package for `{each.name}`"
            yield f"{prefix}_{python_name(each.name)}", label, each.span


def _prefixes(declared: Declaration) -> Sequence[str]:
    """What begins the names of the functions in ``_bridge`` that something has."""
    if isinstance(declared, (Aggregate, Vtable, Opaque)):
        return _OF_TYPES
    return _OF_FUNCTIONS if isinstance(declared, (Callback, EntryFunction)) else ()


def _methods(package: Package) -> Iterator[Iterator[tuple[str, str, Span | None]]]:
    """What handles of entries have: functions, and fields where they are structs."""
    for name in package.forms.handles.kinds:
        fields = (
            (
                package.names.data(each.name or "", each.attributes),
                f"`{name}.{each.name}`",
                each.span,
            )
            for each in package.forms.data_fields(name)
        )
        methods = (
            (
                package.entries.method_name(each.declared),
                f"the entry `{each.declared.name}`",
                each.declared.span,
            )
            for each in package.entries.methods(name)
        )
        yield itertools.chain(fields, methods)


def _carriers(package: Package) -> Iterator[tuple[str, str, Span | None]]:
    """What names calls."""
    for name in package.objects.tables():
        for method in package.forms.methods(name):
            yield (
                package.objects.place(name, method).carrier,
                f"`{name}.{method.name}`",
                method.member.span,
            )
    for name, _, _ in package.callbacks:
        declared = package.forms.by_name.get(name)
        yield python_name(name), f"the callback `{name}`", declared.span if declared else None
    for entry in package.entries.all():
        yield entry.place.carrier, f"the entry `{entry.declared.name}`", entry.declared.span
