"""Links inside of the page: the anchor of every heading, and types that lead to their declarations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from abilock.model.decls import Declaration
from abilock.model.mentions import direct_types, mentioned_types
from abilock.model.text import type_text
from abilock.model.types import Named, Nested, Type

_CODE = re.compile(r"\\.|(`+)(?!`)(?P<code>.+?)(?<!`)\1(?!`)")
#: Rust's links to names have brackets of their own, as in ``[`FfiStr`]``.
_BRACKETED = re.compile(r"\[(\[`[^`]*`\]\(#[^)]*\))\]")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Scope:
    """What text is about: the declaration, whose slots are known by their own names, and the fields or
    parameters ``inside`` of it, which are meant before anything else of the same name."""

    name: str = ""
    inside: frozenset[str] = frozenset()

    def among(self, names: Iterable[str | None]) -> Scope:
        """The same, with more of what is inside."""
        return Scope(self.name, self.inside.union(name for name in names if name))


@dataclass(frozen=True, slots=True)
class Links:
    """``anchors``: where each declaration is, and each slot as ``Vtable.slot``."""

    anchors: Mapping[str, str]

    def name(self, name: str, shown: str | None = None) -> str:
        """ex) ``[`FfiStr`](#ffistr)``"""
        return f"[`{shown or name}`](#{self.anchors[name]})"

    def typed(self, name: str, type_: Type, own: str = "", behind: str = "") -> str:
        """Code of something with a type, which is a link if it mentions one declared type.

        ex) ``` `ptr`: own [`*const FfiStr`](#ffistr)```, ``` `len: usize` ```
        """
        text = f"{own}{type_text(type_)}{behind}"
        known = self.mentioned([type_])
        if len(known) == 1:
            return f"`{name}`: {self.name(known[0], text)}"
        seen = f" ({', '.join(map(self.name, known))})" if known else ""
        return f"`{name}: {text}`{seen}"

    def in_text(self, line: str, scope: Scope) -> str:
        """A line of Markdown in which code that is a declared name leads there.

        ex) ``Ends with its own [`drop_fn`](#sourcevtabledrop_fn).``
        """
        if "](" in line:
            return line
        text = _CODE.sub(lambda found: self._in_code(found, scope), line)
        return _BRACKETED.sub(r"\1", text)

    def in_lines(self, lines: Iterable[str], scope: Scope) -> tuple[str, ...]:
        """As ``in_text``, for lines with fences, in which nothing is touched."""
        done: list[str] = []
        fence = ""
        for line in lines:
            marker = _FENCE.match(line)
            done.append(line if fence or marker else self.in_text(line, scope))
            if fence:
                fence = "" if marker and marker[1].startswith(fence) else fence
            elif marker:
                fence = marker[1]
        return tuple(done)

    def _in_code(self, found: re.Match[str], scope: Scope) -> str:
        name = found["code"] or ""
        return self.code(name, scope) if found[1] == "`" else found[0]

    def code(self, name: str, scope: Scope) -> str:
        """A name as code, which is a link if it is declared.

        ex) ``` `len` ```, ``[`drop_fn`](#sourcevtabledrop_fn)``
        """
        for key in (f"{scope.name}.{name}", name):
            if key in self.anchors and key != scope.name and name not in scope.inside:
                return self.name(key, name)
        return f"`{name}`"

    def mentioned(self, given: Iterable[Type]) -> list[str]:
        """The declared types in these, at every depth, in the order in which they are mentioned. Members
        of what is written out speak for themselves."""
        inside = (each for type_ in given for each in (type_, *mentioned_types(type_, _not_inside)))
        names = (each.name for each in inside if isinstance(each, Named))
        return [name for name in dict.fromkeys(names) if name in self.anchors]


def _not_inside(part: Declaration | Type) -> Iterator[Type]:
    return iter(()) if isinstance(part, Nested) else direct_types(part)


def anchors(headings: Iterable[str]) -> list[str]:
    """The anchors that GitHub and others make of headings, in the order of the page.

    ex) ``SourceVtable.id_fn`` is ``sourcevtableid_fn``; of the second one alike, ``…-1``
    """
    seen: dict[str, int] = {}
    found = []
    for heading in headings:
        anchor = made = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        while made in seen:
            seen[anchor] += 1
            made = f"{anchor}-{seen[anchor]}"
        seen[made] = 0
        found.append(made)
    return found
