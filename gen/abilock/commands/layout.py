"""``abilock layout FILE [NAME…]``: sizes, offsets and holes."""

from __future__ import annotations

import json
from collections.abc import Sequence

from abilock.check.symbols import nearest
from abilock.commands.outcome import BROKEN, NOTHING_TO_REPORT, Outcome
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.host import host_triple
from abilock.layout.engine import lay_out
from abilock.layout.target import find_target
from abilock.model.decls import Alias, Declaration, EnumDecl, Library, Vtable
from abilock.model.targets import TRIPLES
from abilock.model.text import type_text
from abilock.model.types import Aggregate
from abilock.outputs.layout.table import table
from abilock.pipeline import examine_description
from abilock.present.layout_text import layout_text
from abilock.progress import Progress

ALL_TARGETS = "all"
#: What has a layout of its own.
_LAID_OUT = (Aggregate, Vtable, EnumDecl)
#: How many names a hint lists.
_MOST_NAMES = 12


def layout(
    file: str,
    names: Sequence[str],
    targets: Sequence[str],
    *,
    as_json: bool,
    color: bool,
    progress: Progress,
) -> Outcome:
    """The layouts of the named types, or of all, on the given targets; on this machine's if none is
    given, or on the first that the ABI has if it is not for this machine.

    Where something is wrong with the description, people are shown what is known all the same.
    """
    report = Report()
    _check_targets(targets, report)
    examined = examine_description(file, report, progress=progress) if not report.failed else None
    if examined is None:
        return Outcome(BROKEN, report=report)
    library = examined.laid_out(report)
    left = {each.name for each in library.declarations}
    lost = {name for name in names if name not in left and examined.may_declare(name)}
    _check_names(library, [name for name in names if name not in lost], report)
    if report.failed and as_json:
        return Outcome(BROKEN, report=report)
    declared = {each.name for each in library.declarations if isinstance(each, _LAID_OUT)}
    shown = [name for name in names if name in declared]
    if report.failed and not (shown if names else declared):
        return Outcome(BROKEN, report=report)
    triples = _triples(library, targets)
    remarks = tuple(
        f"{library.source} is not for {triple}: its `targets` say for which it is"
        for triple in triples
        if triple not in library.targets
    )
    progress(f"laying out {file}")
    layouts = tuple(lay_out(library, find_target(triple)) for triple in triples)
    code = BROKEN if report.failed else NOTHING_TO_REPORT
    if not as_json:
        return Outcome(code, layout_text(library, layouts, shown, color=color), report, remarks)
    tables = [table(library, found) for found in layouts]
    for found in tables:
        if names:
            found["types"] = {name: found["types"][name] for name in names}
    data = tables[0] if len(tables) == 1 else tables
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    return Outcome(code, text, report, remarks)


def _triples(library: Library, targets: Sequence[str]) -> tuple[str, ...]:
    if ALL_TARGETS in targets:
        return library.targets
    here = host_triple()
    chosen = targets or ([here] if here in library.targets else library.targets[:1])
    return tuple(dict.fromkeys(chosen))


def _check_targets(targets: Sequence[str], report: Report) -> None:
    for triple in targets:
        if triple not in TRIPLES and triple != ALL_TARGETS:
            report.add(
                catalog.UNKNOWN_TARGET,
                None,
                f"unknown target {triple!r}",
                hint=nearest(triple, TRIPLES) or f"targets are {', '.join(TRIPLES)}, or `all`",
            )


def _check_names(library: Library, names: Sequence[str], report: Report) -> None:
    known = {declaration.name: declaration for declaration in library.declarations}
    for name in names:
        if name not in known:
            report.add(
                catalog.UNKNOWN_NAME,
                None,
                f"{library.source} declares no `{name}`",
                hint=nearest(name, list(known)) or _declared(library),
            )
        elif not isinstance(known[name], _LAID_OUT):
            report.add(
                catalog.NOT_A_TYPE,
                known[name].span,
                f"`{name}` has no layout of its own",
                hint=_instead(known[name]),
            )


def _declared(library: Library) -> str:
    """What can be asked for, if that is not too much to read."""
    names = [each.name for each in library.declarations if isinstance(each, _LAID_OUT)]
    if not names:
        return "nothing in it has a layout"
    if len(names) > _MOST_NAMES:
        return "leave out the name, and all of its types are shown"
    return f"it declares {', '.join(f'`{name}`' for name in names)}"


def _instead(declaration: Declaration) -> str:
    if isinstance(declaration, Alias):
        return f"it is another name of {type_text(declaration.type)}"
    return "structs, unions, vtables, enums and flags have one"
