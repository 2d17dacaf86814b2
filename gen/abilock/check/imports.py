"""ABIs that import others: what a file is by itself, and what must fit where ABIs stand together.

Each ABI has a header of its own, and the header of one that imports includes those of the others. So
names, macros and targets of all that meet must go together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias, TypeGuard, TypeVar

from abilock.check.symbols import BUILTIN_TYPES, Declared
from abilock.check.words import mentioned
from abilock.diagnostics import catalog
from abilock.diagnostics.catalog import Severity
from abilock.diagnostics.report import Diagnostic, Note, Report
from abilock.model import decls, types
from abilock.model.c_names import c_globals, declared_c_name, given_c_name
from abilock.model.naming import c_member, macro_prefix, version_macros
from abilock.model.targets import TRIPLES, describe_targets
from abilock.model.types import Aggregate, Field
from abilock.source import Span
from abilock.syntax import ast
from abilock.syntax.loading import Loaded

#: How many names a note lists.
_MOST_NAMES = 8

_Item = TypeVar("_Item", ast.Abi, ast.Targets)
#: A member: its type's name, its own, that in C, and its place.
_Member: TypeAlias = tuple[str, str, str, Span | None]


def alone(loaded: Loaded, root: ast.File) -> Loaded:
    """The file as the root of what it imports, as if nothing imported it."""
    wanted = {root.path}
    waiting = [root.path]
    while waiting:
        found = loaded.imports.get(waiting.pop(), frozenset()) - wanted
        wanted |= found
        waiting += found
    return Loaded(tuple(file for file in loaded.files if file.path in wanted), loaded.imports)


def broken_files(report: Report) -> set[str]:
    """The files in which something was found that stops the run."""
    return {
        found.span.file
        for found in report.diagnostics
        if found.span is not None and found.severity is Severity.ERROR
    }


def shared_targets(
    root: ast.File, targets: tuple[str, ...], imports: Sequence[decls.Library]
) -> tuple[str, ...]:
    """The targets that a file lists; if it lists none, those of all that it imports."""
    if _item(root, ast.Targets) is not None:
        return targets
    return tuple(each for each in targets if all(each in other.targets for other in imports))


def check_imports(library: decls.Library, loaded: Loaded, report: Report) -> None:
    """Report what keeps the library from standing beside the ABIs that it imports."""
    _check_abi_names(loaded, report)
    _check_targets(library, loaded, report)
    _check_version_macros(library, report)
    _check_members(library, report)


def _check_abi_names(loaded: Loaded, report: Report) -> None:
    """Headers are named, and guarded, after their ABIs."""
    seen: dict[str, ast.Name] = {}
    for file in loaded.files:
        written = _item(file, ast.Abi)
        if written is None:
            continue
        name = written.name
        first = seen.setdefault(macro_prefix(name.text), name)
        if first is name:
            continue
        if first.text == name.text:
            code, message = catalog.DUPLICATE_NAME, f"the ABI `{name.text}` is declared twice"
        else:
            code = catalog.NAME_COLLISION
            both = f"`{name.text}` and `{first.text}` are both `{macro_prefix(name.text)}`"
            message = f"the ABIs {both} in C and C++"
        report.add(
            code,
            name.span,
            message,
            hint="rename one of them: each imported file is an ABI with a header of its own",
            notes=(Note("the other one", first.span),),
        )


def _check_targets(library: decls.Library, loaded: Loaded, report: Report) -> None:
    root = loaded.root
    written = _item(root, ast.Targets)
    if written is None:
        if not library.targets and library.imports:
            report.add(
                catalog.IMPORT_TARGET,
                root.items[0].span,
                "there is no target on which all that is imported exists",
                hint="import less, or add targets to the imported files",
            )
        return
    for other in library.imports:
        missing = [triple for triple in library.targets if triple not in other.targets]
        if missing:
            report.add(
                catalog.IMPORT_TARGET,
                written.span,
                f"`{other.name}` does not exist on {describe_targets(missing, TRIPLES)}",
                hint=f"leave out what {other.source} does not list, or add it there",
            )


def _check_version_macros(library: decls.Library, report: Report) -> None:
    """A header defines the version of its ABI; whoever includes it cannot define that again."""
    macros = {name: owner for owner in library.all_imports for name in version_macros(owner.name)}
    for declaration in library.declared:
        for name in c_globals(declaration):
            if name in macros:
                report.add(
                    catalog.NAME_COLLISION,
                    declaration.span,
                    f"`{name}` is defined by the header of `{macros[name].name}`, as its version",
                    hint="rename it",
                )


def _check_members(library: decls.Library, report: Report) -> None:
    """A constant is a macro, so it replaces members of its name in headers that do not know it."""
    everything = (*library.all_imports, library)
    members = {owner.name: list(_members(owner)) for owner in everything}
    for owner in everything:
        constants = {declared_c_name(each): each for each in owner.declared if _is_constant(each)}
        for other in everything:
            if other is owner or owner in other.all_imports:
                continue
            for whole, name, spelled, span in members[other.name]:
                constant = constants.get(spelled)
                if constant is not None:
                    report.add(
                        catalog.NAME_COLLISION,
                        constant.span,
                        f"`{constant.name}` is a macro in C and C++, and would replace `{whole}.{name}`"
                        f" of `{other.name}`",
                        hint="rename the constant",
                        notes=(Note("the member", span),),
                    )


def _is_constant(declaration: decls.Declaration) -> bool:
    return isinstance(declaration, decls.Constant)


def _members(library: decls.Library) -> Iterator[_Member]:
    """Every member that the library's own file names."""
    for declaration in library.declared:
        if isinstance(declaration, Aggregate):
            yield from _named(declaration.name, declaration.fields)
        elif isinstance(declaration, decls.Vtable):
            yield from _named(declaration.name, declaration.members)


def _named(whole: str, members: Sequence[decls.Member]) -> Iterator[_Member]:
    for member in members:
        if member.name is not None:
            spelled = given_c_name(member.attributes) or c_member(member.name)
            yield whole, member.name, spelled, member.span
        if isinstance(member, Field) and isinstance(member.type, types.Nested):
            yield from _named(whole, member.type.aggregate.fields)


def _item(file: ast.File, kind: type[_Item]) -> _Item | None:
    return next((item for item in file.items if isinstance(item, kind)), None)


def tell_unjudged(loaded: Loaded, report: Report) -> None:
    """Say at imports that are not there what may have come from them: nothing else is said of it."""
    declared = {item.name.text for file in loaded.files for item in file.items if _has_name(item)}
    for file in loaded.files:
        places = {item.path.span for item in file.items if isinstance(item, ast.Import)}
        missing = [each for each in report.diagnostics if each.span in places and _is_absent(each)]
        if not missing:
            continue
        names = sorted(mentioned(file.items) - declared - BUILTIN_TYPES)
        if not names:
            continue
        shown = ", ".join(f"`{name}`" for name in names[:_MOST_NAMES])
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        report.amend(missing[0], Note(f"not judged, since it may come from there: {shown}{more}"))


def _is_absent(found: Diagnostic) -> bool:
    return found.code in (catalog.IMPORT_MISSING, catalog.ABI_MISSING)


def _has_name(item: ast.Item) -> TypeGuard[Declared]:
    return not isinstance(item, ast.Abi | ast.Compat | ast.Targets | ast.Import)
