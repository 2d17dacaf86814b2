"""The items that stand once per file: name, version, compat rule, targets, allocators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from abilock.check.advice import quoted
from abilock.check.constants import ConstantPass, evaluate
from abilock.check.symbols import Symbols, check_name, check_text, nearest
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.model.abi_names import abi_name_refusal
from abilock.model.decls import Allocator, AllocatorScheme, Compat
from abilock.model.targets import FAMILIES, TRIPLES
from abilock.model.types import Doc
from abilock.model.version import Version
from abilock.portable import MAX_REMARK
from abilock.source import Span
from abilock.syntax import ast
from abilock.syntax.loading import Loaded

_RULES = ("exact", "major.minor", "semver", "integer", "accepts", "size_first")
_TAKES = {"integer": "the name of an integer constant", "accepts": "the accepted numbers"}
_COMPAT_HINTS = {
    "integer": "for example `compat integer(ABI_VERSION);`, with `const ABI_VERSION: u32 = 1;`",
    "accepts": "for example `compat accepts(1, 2);`",
}
_DEFAULT_RULE = "major.minor"
_LONE_SCHEMES = ("process_heap",)

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Header:
    """What the root file says of the whole ABI; ``name`` and ``version`` are None if it says it wrong."""

    name: str | None
    version: Version | None
    doc: Doc
    compat: Compat
    targets: tuple[str, ...]
    allocators: tuple[Allocator, ...]
    span: Span | None


def read_header(
    loaded: Loaded, symbols: Symbols, constants: ConstantPass, report: Report
) -> Header:
    """The header of the root file; every imported file is checked for one of its own."""
    for file in loaded.files:
        _check_abi(file, report)
        for kind in (ast.Abi, ast.Compat, ast.Targets):
            _check_only(file, kind, report)
    root = loaded.root
    abi = _first(root, ast.Abi)
    name = version = None
    docs = root.docs
    if abi is not None:
        check_name(abi.name, report)
        _check_abi_name(abi.name, report)
        name = abi.name.text
        version = _version(abi.version, report)
        docs = (*docs, *([""] if docs and abi.decor.docs else []), *abi.decor.docs)
    return Header(
        name,
        version,
        Doc(docs),
        _compat(_first(root, ast.Compat), constants, symbols, report),
        _targets(_first(root, ast.Targets), report),
        tuple(_allocator(written, symbols, report) for written in symbols.allocators.values()),
        abi.name.span if abi is not None else None,
    )


def _check_abi(file: ast.File, report: Report) -> None:
    if file.items and isinstance(file.items[0], ast.Abi):
        return
    late = next((item for item in file.items if isinstance(item, ast.Abi)), None)
    if late is not None:
        report.add(
            catalog.ABI_MISSING,
            late.name.span,
            "`abi` is the first item of a file",
            hint="move it to the top",
        )
    elif not any(found.code is catalog.SYNTAX for found in report.diagnostics):
        report.add(
            catalog.ABI_MISSING,
            Span(file.path, 0, 0),
            "a description starts with `abi NAME VERSION;`",
            hint="for example `abi shop 1.0.0;`",
        )


def _check_abi_name(name: ast.Name, report: Report) -> None:
    refusal = abi_name_refusal(name.text)
    if refusal is not None:
        report.add(
            catalog.RESERVED_NAME,
            name.span,
            f"an ABI cannot be called `{name.text}`: {refusal}",
            hint=f"choose another name, such as `{name.text}_abi`",
        )


def _first(file: ast.File, kind: type[_Item]) -> _Item | None:
    """The item of this kind; it stands at most once per file."""
    return next((item for item in file.items if isinstance(item, kind)), None)


def _check_only(
    file: ast.File, kind: type[ast.Abi | ast.Compat | ast.Targets], report: Report
) -> None:
    found = [item for item in file.items if isinstance(item, kind)]
    for again in found[1:]:
        report.add(
            catalog.ABI_REPEATED,
            again.span,
            f"`{kind.__name__.lower()}` stands twice in {file.path}",
            hint="leave one of them out",
            notes=(Note("first here", found[0].span),),
        )


def versions_by_file(loaded: Loaded) -> dict[str, Version]:
    """The version in which the ABI of each file counts what is new: its own, or that of a constant that
    says ``@version``."""
    found: dict[str, Version] = {}
    for file in loaded.files:
        told = [each for each in map(_told, file.items) if each is not None]
        own = (Version.parse(each.version.text) for each in file.items if isinstance(each, ast.Abi))
        for version in (*told, *own):
            if version is not None:
                found.setdefault(file.path, version)
    return found


def _told(item: ast.Item) -> Version | None:
    """The version that plugins tell, where a constant says it."""
    match item:
        case ast.Constant(value=ast.String(value=text), decor=decor):
            is_version = any(each.name.text == "version" for each in decor.attributes)
            return Version.parse(text) if is_version else None
        case _:
            return None


def _version(written: ast.VersionLiteral, report: Report) -> Version | None:
    version = Version.parse(written.text)
    check_text(written.text, written.span, report, MAX_REMARK)
    if version is None:
        report.add(
            catalog.BAD_VERSION,
            written.span,
            f"`{written.text}` is not a version",
            hint="a version is `MAJOR.MINOR.PATCH`, such as `1.2.3` or `1.2.3-beta.1`",
        )
    return version


def _compat(
    written: ast.Compat | None, constants: ConstantPass, symbols: Symbols, report: Report
) -> Compat:
    if written is None:
        return Compat(_DEFAULT_RULE)
    rule = ".".join(written.rule.parts)
    if rule not in _RULES:
        report.add(
            catalog.BAD_COMPAT,
            written.rule.span,
            f"unknown compatibility rule `{rule}`",
            hint=nearest(rule, _RULES)
            or f"rules are {', '.join(f'`{known}`' for known in _RULES)}",
        )
        return Compat(_DEFAULT_RULE)
    arguments: list[int | str] = []
    for given in written.arguments:
        if rule == "integer" and isinstance(given, ast.Reference) and len(given.parts) == 1:
            declared = symbols.visible(given.parts[0], given.span.file)
            if isinstance(declared, ast.Constant) and declared.type.name != "str":
                arguments.append(given.parts[0])
                continue
        if rule == "accepts" and not isinstance(
            given, ast.String | ast.VersionLiteral | ast.Comparison
        ):
            value = evaluate(given, constants.lookup(given.span.file), report)
            if value in arguments:
                report.add(
                    catalog.ABI_REPEATED,
                    given.span,
                    f"`accepts` has {value} twice",
                    hint="leave one of them out",
                )
            elif value is not None:
                arguments.append(value)
            continue
        report.add(
            catalog.BAD_COMPAT,
            given.span,
            f"`{rule}` takes {_TAKES.get(rule, 'nothing')}",
            hint=_COMPAT_HINTS.get(rule, f"write `compat {rule};`"),
        )
        return Compat(rule)
    wanted = {"integer": len(arguments) == 1, "accepts": bool(arguments)}
    if not wanted.get(rule, not arguments):
        report.add(
            catalog.BAD_COMPAT,
            written.span,
            f"`{rule}` takes {_TAKES.get(rule, 'nothing')}",
            hint=_COMPAT_HINTS.get(rule),
        )
    return Compat(rule, tuple(arguments))


def _targets(written: ast.Targets | None, report: Report) -> tuple[str, ...]:
    if written is None:
        return TRIPLES
    chosen: list[str] = []
    for triple in written.triples:
        if triple.value not in TRIPLES:
            report.add(
                catalog.UNKNOWN_TARGET,
                triple.span,
                f'unknown target "{triple.value}"',
                hint=_target_hint(triple.value),
            )
        elif triple.value in chosen:
            report.add(
                catalog.ABI_REPEATED,
                triple.span,
                f'"{triple.value}" is listed twice',
                hint="leave one of them out",
            )
        else:
            chosen.append(triple.value)
    return tuple(known for known in TRIPLES if known in chosen) or TRIPLES


def _target_hint(name: str) -> str:
    """ex) for ``darwin``: ``targets are triples: "x86_64-apple-darwin", "aarch64-apple-darwin"``"""
    near = [triple for triple in TRIPLES if name and name.lower() in triple]
    if near:
        shown = [quoted(triple) for triple in near[:3]] + (["…"] if len(near) > 3 else [])
        return f"targets are triples: {', '.join(shown)}"
    return nearest(name, TRIPLES) or "`abilock explain targets` lists them"


def _allocator(written: ast.Allocator, symbols: Symbols, report: Report) -> Allocator:
    schemes = []
    for scheme in written.schemes:
        if scheme.family is not None and scheme.family.text not in FAMILIES:
            report.add(
                catalog.BAD_ALLOCATOR,
                scheme.family.span,
                f"unknown family `@{scheme.family.text}`",
                hint=nearest(scheme.family.text, FAMILIES)
                or f"families are {', '.join(f'`@{known}`' for known in FAMILIES)}",
            )
        if scheme.release is None:
            if scheme.acquire.text not in _LONE_SCHEMES:
                report.add(
                    catalog.BAD_ALLOCATOR,
                    scheme.acquire.span,
                    f"unknown allocator `{scheme.acquire.text}`",
                    hint="name a pair, `malloc/free` or `my_alloc/my_free`, or `process_heap`",
                )
        elif (scheme.acquire.text, scheme.release.text) != ("malloc", "free"):
            for name in (scheme.acquire, scheme.release):
                declared = symbols.visible(name.text, name.span.file)
                if isinstance(declared, ast.EntryFunction) or name.text in symbols.broken:
                    continue
                report.add(
                    catalog.BAD_ALLOCATOR,
                    name.span,
                    f"`{name.text}` is not an entry of this ABI",
                    hint="the pair is `malloc/free` or two entries, such as `my_alloc/my_free`",
                )
                break
        schemes.append(
            AllocatorScheme(
                scheme.acquire.text,
                scheme.release.text if scheme.release is not None else None,
                scheme.family.text if scheme.family is not None else None,
            )
        )
    return Allocator(written.name.text, tuple(schemes), Doc(written.decor.docs), written.name.span)
