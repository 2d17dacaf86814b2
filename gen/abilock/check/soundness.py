"""What is still sound of files in which something was found, so that later checks go on with that.

What a check says of a place counts if nothing that it rests on was reported already: a report of
everything that is wrong names no cause twice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from abilock.check.incomplete import incomplete_items, rests_on_missing
from abilock.check.symbols import BUILTIN_TYPES
from abilock.check.words import held, inner_names, nodes, references, types, words
from abilock.diagnostics import catalog
from abilock.diagnostics.catalog import Severity
from abilock.diagnostics.report import Diagnostic, Report
from abilock.model.decls import Library
from abilock.source import Span
from abilock.syntax import ast
from abilock.syntax.loading import Loaded

#: What is wrong with a name or a version only: everything else of the declaration is as it says.
_HARMLESS = frozenset(
    {
        catalog.BUILTIN_NAME,
        catalog.DEPRECATED_FIRST,
        catalog.FUTURE_VERSION,
        catalog.LONG_NAME,
        catalog.LONG_TEXT,
        catalog.NAME_COLLISION,
        catalog.RESERVED_NAME,
    }
)
#: What is wrong with the meaning of a declaration only: it has the same bytes.
_OF_MEANING = frozenset(
    {
        catalog.ALLOCATOR_GAP,
        catalog.ATTRIBUTE_CONFLICT,
        catalog.ATTRIBUTE_TARGET,
        catalog.ATTRIBUTE_TYPE,
        catalog.BAD_ALLOCATOR,
        catalog.BAD_COMPAT,
        catalog.BAD_CONTEXT,
        catalog.BAD_OWN,
        catalog.BAD_ROLE,
        catalog.BAD_SELF,
        catalog.NOTHING_COMPARED,
        catalog.SCOPE_MISSING,
        catalog.UNKNOWN_CONVENTION,
    }
)
#: Types that need themselves have no layout, and what follows them would not end.
_ENDLESS = frozenset({catalog.ALIAS_CYCLE, catalog.BY_VALUE_CYCLE})
#: Said of the absence of something, which may be in what is broken.
_OF_ABSENCE = frozenset(
    {
        catalog.NO_EFFECT,
        catalog.NOTHING_COMPARED,
        catalog.RAW_BINDING,
        catalog.COPIED_BINDING,
        catalog.BINDING_LEFT_OUT,
    }
)
#: What the absence of marks is said of.
_MARKS = frozenset({"version", "struct_size"})
#: Words that stand where types do, and mean the same whatever is declared.
_BUILT_IN = BUILTIN_TYPES | {"const", "mut", "own"}


@dataclass(slots=True)
class _Part:
    """A member or value of a declaration, or all else of it, or an item that declares nothing.

    ``owner`` and ``name`` are empty where there is none; ``words`` are the types and values that it
    names, ``context`` the fields that may hold the context of all slots, and ``follows`` is the
    convention of a vtable.
    """

    owner: str
    name: str
    start: int
    end: int
    words: frozenset[str]
    context: frozenset[str] = frozenset()
    follows: str = ""
    is_broken: bool = False

    @property
    def is_head(self) -> bool:
        return not self.name


class Soundness:
    """What errors of ``report`` make unsound in the files."""

    def __init__(self, loaded: Loaded, report: Report) -> None:
        self._missing = incomplete_items(loaded)
        self._files = {file.path: _parts(file) for file in loaded.files}
        self._starts = {path: [part.start for part in parts] for path, parts in self._files.items()}
        self._mentions = _mentions_by_name(loaded)
        lost = frozenset(name for file in loaded.files for name in file.broken)
        lost -= self._mentions.keys() | _BUILT_IN
        endless: set[str] = set()
        for found in report.diagnostics:
            part = self._part(found.span)
            if part is None or found.severity is not Severity.ERROR or found.code in _HARMLESS:
                continue
            part.is_broken = True
            if found.code in _ENDLESS:
                endless.add(part.owner)
        self._has_lost = bool(lost)
        self._has_marks = any(
            isinstance(node, ast.Attribute) and node.name.text in _MARKS
            for file in loaded.files
            for node in nodes(file.items)
        )
        for part in self._all_parts():
            if part.is_head and part.owner in self._missing:
                part.is_broken = True
        self._said = {(found.code, found.span) for found in report.diagnostics}
        broken = {part.owner for part in self._all_parts() if part.is_broken}
        self._loaded, self._broken, self._lost = loaded, broken, lost
        #: Names of what is broken, and of what mentions it, at whatever distance.
        self.unsound = self._spread(broken | lost)
        #: Names of what cannot even be looked at.
        self.unusable = self._spread(endless | lost)
        # What is broken may have been what makes use of these.
        self._used_by_unsound = _reached(self.unsound, self._mentions)
        self._broken_members: dict[str, set[str]] = {}
        self._broken_heads: set[str] = set()
        for part in self._all_parts():
            if part.is_broken:
                self._broken_members.setdefault(part.owner, set()).add(part.name)
            if self._breaks_all(part):
                self._broken_heads.add(part.owner)
        for name, missing in self._missing.items():
            self._broken_members.setdefault(name, set()).update(missing)

    def _breaks_all(self, part: _Part) -> bool:
        """Whether what is broken is what all of the declaration rests on."""
        if not part.is_broken or part.follows in self.unsound:
            return part.follows in self.unsound
        if part.is_head and part.owner in self._missing:
            return not part.context.isdisjoint(self._missing[part.owner])
        # All slots of a vtable share its context.
        return part.is_head or part.name in part.context

    def allows(self, found: Diagnostic) -> bool:
        """Whether what a later check found rests on sound things only."""
        part = self._part(found.span)
        if (found.code, found.span) in self._said or self._may_be_elsewhere(found, part):
            return False
        if part is None:
            return True
        if part.is_head and part.owner in self._broken_members:
            return False
        doubtful = self.unsound - {part.owner} | self._broken_members.get(part.owner, set())
        return not (part.is_broken or part.owner in self._broken_heads or part.words & doubtful)

    def rests_on_missing(self, found: Diagnostic) -> bool:
        """Whether something may only have been found since members of an item could not be parsed."""
        part = self._part(found.span)
        if part is None or not self._missing:
            return False
        if part.owner in self._missing:
            return rests_on_missing(found, self._missing[part.owner], part.words, part.is_head)
        refers = found.code.number.startswith(("A04", "A06"))
        return refers and not part.words.isdisjoint(self._spread(self._missing))

    def _may_be_elsewhere(self, found: Diagnostic, part: _Part | None) -> bool:
        """Whether something is missing that what is broken may have."""
        if found.code not in _OF_ABSENCE:
            return False
        if self._has_lost or part is None:
            return True
        if found.code is catalog.NOTHING_COMPARED:
            return self._has_marks
        return part.owner in self._used_by_unsound

    def keep(self, found: Report, report: Report) -> None:
        """Pass on what a later check ``found``, as far as it counts."""
        for each in found.diagnostics:
            if self.allows(each):
                report.include(each)

    def without_layout(self) -> frozenset[str]:
        """Names of what is broken, and of what holds it by value, at whatever distance."""
        held_by = {
            declared_name(item): frozenset(held(item))
            for file in self._loaded.files
            for item in file.items
        }
        return _spread(self._broken | self._lost, held_by)

    def _all_parts(self) -> Iterator[_Part]:
        for parts in self._files.values():
            yield from parts

    def _part(self, span: Span | None) -> _Part | None:
        """The innermost part around the place: members come behind the heads that they are in."""
        if span is None or span.file not in self._files:
            return None
        parts = self._files[span.file]
        at = bisect_right(self._starts[span.file], span.start) - 1
        while at >= 0:
            part = parts[at]
            if span.start < part.end or (part.start <= span.start == part.end):
                return part
            if part.is_head:
                return None
            at -= 1
        return None

    def _spread(self, names: Iterable[str]) -> frozenset[str]:
        return _spread(names, self._mentions)


def _spread(names: Iterable[str], mentions: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The names, and those of every declaration that mentions one of them, at whatever distance."""
    users: dict[str, list[str]] = {}
    for name, mentioned in mentions.items():
        for word in mentioned:
            users.setdefault(word, []).append(name)
    return _reached(names, users)


def _reached(names: Iterable[str], following: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The names, and all that follow them, at whatever distance."""
    reached = set(names) - {""}
    waiting = list(reached)
    while waiting:
        new = set(following.get(waiting.pop(), ())) - reached
        reached |= new
        waiting += new
    return frozenset(reached)


def of_layouts(report: Report) -> Report:
    """What was found that may change the bytes of something."""
    return Report([each for each in report.diagnostics if each.code not in _OF_MEANING])


def without(library: Library, names: frozenset[str]) -> Library:
    """The library without some of its declarations."""
    left = tuple(each for each in library.declarations if each.name not in names)
    return replace(library, declarations=left)


def _mentions_by_name(loaded: Loaded) -> dict[str, frozenset[str]]:
    """What each declaration mentions of others, by its name."""
    found: dict[str, frozenset[str]] = {}
    for file in loaded.files:
        for item in file.items:
            name = declared_name(item)
            if name:
                # What attributes name is a member or parameter first.
                inner = frozenset(inner_names(item))
                mentioned = frozenset(types(item)) | frozenset(references(item)) - inner
                found[name] = found.get(name, frozenset()) | mentioned
    return found


def declared_name(item: ast.Item) -> str:
    """The name that an item declares, or nothing."""
    if isinstance(item, ast.Abi | ast.Compat | ast.Targets | ast.Import):
        return ""
    return item.name.text


def _parts(file: ast.File) -> list[_Part]:
    """The parts of a file by their start, each head before its members."""
    parts: list[_Part] = []
    for item in file.items:
        owner = declared_name(item)
        inner = _inner(item)
        follows, context = "", frozenset[str]()
        if isinstance(item, ast.VtableDecl):
            follows = item.convention.text if item.convention is not None else ""
            context = frozenset({"state", *references(item)})
        # What is said of the whole rests on all of it.
        parts.append(_Part(owner, "", _start(item), item.span.end, words(item), context, follows))
        for member in inner:
            start, end = _start(member), member.span.end
            parts.append(_Part(owner, member.name.text, start, end, words(member), context))
    return sorted(parts, key=lambda part: (part.start, not part.is_head))


def _inner(item: ast.Item) -> tuple[ast.Field | ast.Slot | ast.EnumValue, ...]:
    match item:
        case ast.Aggregate() | ast.VtableDecl():
            return tuple(each for each in item.members if not isinstance(each, ast.Gap))
        case ast.EnumDecl():
            return item.values
        case _:
            return ()


def _start(node: ast.Item | ast.Field | ast.Slot | ast.EnumValue) -> int:
    """Where the first attribute stands, or the node itself."""
    attributes = node.decor.attributes
    return min(attributes[0].span.start, node.span.start) if attributes else node.span.start
