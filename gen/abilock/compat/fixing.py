"""The compatible form of a newer description: what was released stays, and what is new stands behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from abilock.compat.changes import Kind
from abilock.compat.findings import Finding, Level, Verdict
from abilock.compat.records import renamed_members
from abilock.compat.slices import Slice, braces, items, members
from abilock.compat.table import RULES
from abilock.compat.types import Sides
from abilock.compat.versions import version_of_additions
from abilock.model.decls import EnumDecl, EnumKind, Library, Vtable
from abilock.model.types import Aggregate
from abilock.model.version import Version
from abilock.source import SourceFile
from abilock.syntax import ast

_CODES = {kind: RULES[kind].code for kind in Kind}
_GONE = {_CODES[each] for each in (Kind.TYPE_REMOVED, Kind.ENTRY_REMOVED, Kind.CONSTANT_REMOVED)}


@dataclass(frozen=True, slots=True)
class Text:
    """A description's text and what was parsed from it."""

    source: SourceFile
    file: ast.File


@dataclass
class _Fix:
    """Edits of the newer text: places, and what stands there instead."""

    old: Text
    new: Text
    libraries: tuple[Library, Library]
    version: Version
    edits: list[tuple[int, int, str]] = field(default_factory=list)
    appended: list[str] = field(default_factory=list)

    def text(self) -> str:
        text = self.new.source.text
        for start, end, instead in sorted(self.edits, reverse=True):
            text = text[:start] + instead + text[end:]
        return "\n\n".join([text.rstrip(), *self.appended]) + "\n"


def fixed(old: Text, new: Text, libraries: tuple[Library, Library], verdict: Verdict) -> str:
    """The newer description, as far as there is a compatible form of it; not formatted.

    ``libraries``: what both mean. ``verdict``: what is wrong with the newer one.
    """
    if verdict.level is None:
        return new.source.text
    fix = _Fix(old, new, libraries, version_of_additions(*libraries))
    declared = libraries[1].version
    if fix.version != declared and declared == libraries[1].compared_version:
        for item in new.file.items:
            if isinstance(item, ast.Abi):
                start = new.source.text.index(str(declared), item.span.start)
                end = start + len(str(declared))
                fix.edits.append((start, end, str(fix.version)))
    breaking: dict[str, list[Finding]] = {}
    for each in verdict.findings:
        if each.level is Level.BREAKING or each.rule.code in _GONE or _is_renamed(each):
            breaking.setdefault(each.subject.partition(".")[0], []).append(each)
    _declarations(fix, breaking)
    return fix.text()


def _is_renamed(finding: Finding) -> bool:
    return finding.rule.slug in ("type-renamed", "constant-renamed", "entry-renamed")


def _declarations(fix: _Fix, breaking: dict[str, list[Finding]]) -> None:
    before = {each.name: each for each in items(fix.old.source, fix.old.file)}
    after = {each.name: each for each in items(fix.new.source, fix.new.file)}
    for each in before.values():
        # What is wrong with the members that vtables share is so in each of them.
        follows = each.part.convention if isinstance(each.part, ast.VtableDecl) else None
        if follows is not None and follows.text in breaking:
            breaking.setdefault(each.name, []).extend(breaking[follows.text])
    # What is restored may name them.
    fix.appended += [
        each.text.strip()
        for each in before.values()
        if isinstance(each.part, ast.Allocator) and each.name not in after
    ]
    for name, findings in breaking.items():
        former, present = before.get(name), after.get(name)
        if former is None and present is not None:
            _new_item(fix, present, findings)
        elif former is not None and present is None:
            text = former.before(f"@deprecated({fix.version})") if _can_age(former) else former
            fix.appended.append(text.text.strip())
        elif former is not None and present is not None:
            _item(fix, former, present, findings)


def _can_age(piece: Slice) -> bool:
    return not piece.has("deprecated")


def _new_item(fix: _Fix, present: Slice, findings: Sequence[Finding]) -> None:
    """An entry that came, or something that has another name."""
    slug = findings[0].rule.slug
    at = present.base + present.head
    match slug:
        case "entry-added":
            fix.edits.append((at, at, f"@since({fix.version}) "))
        case "entry-renamed" if not present.has("c"):
            symbol = findings[0].message.split("`")[3]
            fix.edits.append((at, at, f'@c("{symbol}") '))
        case "type-renamed" | "constant-renamed":
            former = findings[0].message.split("`")[3]
            fix.appended.append(_other_name(fix, former, present.name, slug))


def _other_name(fix: _Fix, former: str, name: str, slug: str) -> str:
    if slug == "type-renamed":
        return f"type {former} = {name};"
    declared = fix.libraries[1].find(name)
    return f"const {former}: {getattr(declared, 'type', 'u32')} = {name};"


def _item(fix: _Fix, former: Slice, present: Slice, findings: Sequence[Finding]) -> None:
    is_whole = any(each.subject == present.name for each in findings)
    match former.part, present.part:
        case ast.VtableDecl(is_convention=True), ast.VtableDecl(is_convention=True):
            _restored(fix, former, present)
        case (ast.Aggregate(is_union=one), ast.Aggregate(is_union=other)) if one is other:
            _record(fix, former, present, findings, is_whole)
        case ast.VtableDecl(is_convention=False), ast.VtableDecl(is_convention=False):
            _record(fix, former, present, findings, is_whole)
        case ast.EnumDecl(), ast.EnumDecl():
            _enum(fix, former, present, is_whole)
        case ast.Opaque(), ast.Opaque():
            _restored(fix, former, present)
        case _ if _is_version(fix, present.name):
            pass
        case _:
            _beside(fix, former, present)


def _is_version(fix: _Fix, name: str) -> bool:
    """Whether it is a number that loaders compare, which is to change."""
    return any(name in library.compat.arguments for library in fix.libraries)


def _restored(fix: _Fix, former: Slice, present: Slice) -> None:
    start = present.base + (len(present.text) - len(present.text.lstrip()))
    fix.edits.append((start, present.base + present.end, former.text.strip()))


def _beside(fix: _Fix, former: Slice, present: Slice) -> None:
    """The released one stays; the other one gets a name of its own."""
    _restored(fix, former, present)
    other = present.called(_second(present.name))
    if isinstance(present.part, (ast.EntryFunction, ast.EntryStatic, ast.Callback)):
        other = _added(fix, other)
    fix.appended.append(other.text.strip())


def _header(fix: _Fix, former: Slice, present: Slice, is_whole: bool, follows: bool) -> None:
    """What stands before the members. ``is_whole``: it has to say what the released one said;
    ``follows``: it is a vtable that goes on with its convention."""
    part = present.part
    assert isinstance(part, (ast.Aggregate, ast.VtableDecl, ast.EnumDecl))
    start, brace = present.base + present.head, braces(fix.new.source, part)[0] - 1
    words = fix.new.source.text[start:brace]
    if is_whole:
        other = former.part
        assert isinstance(other, (ast.Aggregate, ast.VtableDecl, ast.EnumDecl))
        opening = braces(fix.old.source, other)[0] - 1
        said = [
            fix.old.source.text[each.span.start : each.span.end] for each in other.decor.attributes
        ]
        words = " ".join([*said, fix.old.source.text[former.base + former.head : opening]])
        fix.edits += [(each.span.start, each.span.end, "") for each in part.decor.attributes]
    if not follows:
        words = f"{words.partition(':')[0].rstrip()} "
    fix.edits.append((start, brace, words))


def _second(name: str) -> str:
    """ex) ``open2``, ``subscribe2_fn``"""
    stem, ending = (name[:-3], "_fn") if name.endswith("_fn") else (name, "")
    return f"{stem}2{ending}"


# --- records


def _record(
    fix: _Fix, former: Slice, present: Slice, findings: Sequence[Finding], is_whole: bool
) -> None:
    """The members that were released, as they were and in their order; behind them, what is new.

    Behind the members that a convention puts at the end nothing can stand, unless the vtable has them all
    by itself.
    """
    one, other = former.part, present.part
    assert isinstance(one, (ast.Aggregate, ast.VtableDecl))
    assert isinstance(other, (ast.Aggregate, ast.VtableDecl))
    leading, trailing = _shared(fix.old, one)
    before = (*leading, *members(fix.old.source, one), *trailing)
    first, last = _shared(fix.new, other)
    after = (*first, *members(fix.new.source, other), *last)
    changed = {name for each in findings for name in _member_names(each)}
    pieces = list(_pieces(fix, present.name, before, after, changed))
    own = slice(len(leading), len(pieces) - len(trailing))
    names = [each.name for each in pieces]
    shape = other.convention if isinstance(other, ast.VtableDecl) else None
    follows = isinstance(one, ast.VtableDecl) and shape is not None and one.convention == shape
    follows = follows and names[own.stop :] == [each.name for each in trailing]
    if follows:
        pieces = pieces[own]
    start, end = braces(fix.new.source, other)
    _header(fix, former, present, is_whole, follows or shape is None)
    body = "\n".join(each.separated for each in pieces)
    fix.edits.append((start, end, f"\n{body}\n"))


def _shared(
    text: Text, part: ast.Aggregate | ast.VtableDecl
) -> tuple[tuple[Slice, ...], tuple[Slice, ...]]:
    """The members that a vtable has of its convention: those before its own, and those behind."""
    if not isinstance(part, ast.VtableDecl) or part.convention is None:
        return (), ()
    for item in text.file.items:
        if isinstance(item, ast.VtableDecl) and item.name.text == part.convention.text:
            found = members(text.source, item)
            kinds = [isinstance(each, ast.Gap) for each in item.members]
            at = kinds.index(True) if True in kinds else len(found)
            return found[:at], found[at:]
    return (), ()


def _member_names(finding: Finding) -> Iterator[str]:
    parts = finding.subject.split(".")
    if len(parts) > 1:
        yield parts[1]


def _pieces(
    fix: _Fix, name: str, before: Sequence[Slice], after: Sequence[Slice], changed: set[str]
) -> Iterator[Slice]:
    renamed = _renamed(fix, name)
    present = {each.name: each for each in after}
    released: set[str] = set()
    others: list[Slice] = []
    for each in before:
        now = present.get(renamed.get(each.name, each.name))
        if now is None:
            yield each if each.has("deprecated") else each.before(f"@deprecated({fix.version})")
            continue
        released.add(now.name)
        if now.name not in changed or _is_in_place(each, now):
            yield _aged_as(now, each)
            continue
        yield each
        others.append(now.called(_second(now.name)))
    others = [each for each in after if each.name not in released] + others
    # The newest stands last, so that what a release has is where its number of members ends.
    for each in sorted(others, key=lambda one: _since(fix, one)):
        yield _added(fix, each)


def _is_in_place(before: Slice, after: Slice) -> bool:
    """Whether a member says the same, so that only its place, or its age, is wrong."""
    return before.part == after.part or _bare(before) == _bare(after)


def _bare(piece: Slice) -> str:
    """The element itself, without spaces."""
    return "".join(piece.text[piece.head : piece.end].split())


def _aged_as(piece: Slice, former: Slice) -> Slice:
    """With the ``@since`` that was released."""
    for each in getattr(former.part, "decor", ast.Decor()).attributes:
        if each.name.text == "since":
            start, end = each.span.start - former.base, each.span.end - former.base
            return piece.with_attribute("since", former.text[start:end])
    return piece.without_attribute("since")


def _added(fix: _Fix, piece: Slice) -> Slice:
    """With the ``@since`` of an addition, and nothing of what was said before there was one."""
    since = _since(fix, piece)
    texts = {} if _version(piece, "since") == since else {"since": f"@since({since})"}
    deprecated = _version(piece, "deprecated")
    if deprecated is not None and deprecated < since:
        texts["deprecated"] = ""
    return piece.with_attributes(texts)


def _since(fix: _Fix, piece: Slice) -> Version:
    """The version that has an addition first: its own word, unless a release would have it then."""
    given = _version(piece, "since")
    is_new = given is not None and given > fix.libraries[0].compared_version
    return given if given is not None and is_new else fix.version


def _version(piece: Slice, name: str) -> Version | None:
    """The version that an attribute of a member names."""
    for each in getattr(piece.part, "decor", ast.Decor()).attributes:
        if each.name.text == name and isinstance(each.arguments[0], ast.VersionLiteral):
            return Version.parse(each.arguments[0].text)
    return None


def _renamed(fix: _Fix, name: str) -> dict[str, str]:
    old, new = (library.find(name) for library in fix.libraries)
    if isinstance(old, (Aggregate, Vtable)) and isinstance(new, (Aggregate, Vtable)):
        return renamed_members(Sides(*fix.libraries, {}), old, new)
    return {}


# --- enums


def _enum(fix: _Fix, former: Slice, present: Slice, is_whole: bool) -> None:
    """Released values keep their numbers; new ones get numbers that are free."""
    one, other = former.part, present.part
    assert isinstance(one, ast.EnumDecl)
    assert isinstance(other, ast.EnumDecl)
    old, new = (library.find(present.name) for library in fix.libraries)
    if not isinstance(old, EnumDecl) or not isinstance(new, EnumDecl):
        return
    numbers = {each.name: each.value for each in old.values}
    wanted = {each.name: each.value for each in new.values}
    values = {each.name: each for each in members(fix.new.source, other)}
    former_values = members(fix.old.source, one)
    lines: list[str] = []
    for each in former_values:
        kept = values.get(each.name)
        piece = kept or each.with_attribute("deprecated", f"@deprecated({fix.version})")
        lines.append(_numbered(piece, numbers[each.name]))
    taken = set(numbers.values())
    for name, piece in values.items():
        if name in numbers:
            continue
        number = wanted[name]
        if number in taken:
            number = _free(taken, new.kind)
        taken.add(number)
        lines.append(_numbered(piece, number))
    start, end = braces(fix.new.source, other)
    if is_whole:
        _header(fix, former, present, True, True)
    text = "\n".join(lines)
    fix.edits.append((start, end, f"\n{text}\n"))


def _numbered(piece: Slice, number: int) -> str:
    head = piece.text[: piece.head].strip()
    tail = piece.text[piece.end :].lstrip(" \t,;")
    return f"{head}\n{piece.name} = {number}, {tail}".strip()


def _free(taken: set[int], kind: EnumKind) -> int:
    if kind is EnumKind.FLAGS:
        bit = 1
        while any(bit & each for each in taken):
            bit <<= 1
        return bit
    return max(taken) + 1
