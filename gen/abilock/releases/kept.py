"""Releases as they were read, kept so that the next run need not read them.

What is kept may say nothing but what a description can: whoever writes into the cache folder gets no more
out of it.
"""

from __future__ import annotations

import base64
import io
import pickle
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass, replace
from enum import Enum
from typing import Any

from abilock import source
from abilock.model import attributes, decls, types, version
from abilock.model.decls import EnumDecl, Formula, Library, Vtable, members_of
from abilock.model.types import Aggregate
from abilock.syntax import ast


@dataclass(frozen=True, slots=True)
class KeptFormulas:
    """The formulas of a library that name anything; others tell nothing of what numbers follow from.
    ``holders``: declarations whose members have formulas of their own."""

    known: Mapping[str, Formula]
    holders: frozenset[str]

    def __call__(self, subject: str) -> Formula | None:
        owner, _, rest = subject.partition(".")
        is_inside = rest and owner in self.holders
        return self.known.get(f"{owner}.{rest.partition('.')[0]}" if is_inside else owner)


_MODULES = (attributes, decls, types, version, ast, source)
#: Everything that a library is made of, by the names under which it is kept.
_CLASSES = {
    (module.__name__, name): found
    for module in _MODULES
    for name, found in vars(module).items()
    if isinstance(found, type)
    and found.__module__ == module.__name__
    and (is_dataclass(found) or issubclass(found, (Enum, tuple)))
} | {(__name__, "KeptFormulas"): KeptFormulas}


def written(libraries: Mapping[str, Library]) -> str:
    """Libraries by name, as text."""
    bare = {name: _bare(each) for name, each in libraries.items()}
    return base64.b85encode(zlib.compress(pickle.dumps(bare, 5))).decode("ascii")


def read_kept(text: str | None) -> Mapping[str, Library] | None:
    """The libraries that were written; None if these are none."""
    if text is None:
        return None
    try:
        found = _Unpickler(io.BytesIO(zlib.decompress(base64.b85decode(text)))).load()
    # Bytes that are no library fail in as many ways as there are classes.
    except Exception:
        return None
    if not isinstance(found, dict) or not all(isinstance(each, Library) for each in found.values()):
        return None
    return found


class _Unpickler(pickle.Unpickler):
    """Knows the classes of a description, and no function of anybody."""

    def find_class(self, module: str, name: str, /) -> Any:
        return _CLASSES[module, name]


def _bare(library: Library) -> Library:
    """Without what it has looked up so far. What is shared in it stays shared."""
    imports = tuple(map(_bare, library.imports))
    return replace(library, imports=imports, formulas=_formulas(library))


def _formulas(library: Library) -> KeptFormulas:
    known = {}
    holders = set()
    for declared in library.declarations:
        names = [""]
        if isinstance(declared, (Aggregate, Vtable, EnumDecl)):
            holders.add(declared.name)
            inner = declared.values if isinstance(declared, EnumDecl) else members_of(declared)
            names += [f".{each.name or '_'}" for each in inner]
        for name in names:
            formula = library.formulas(f"{declared.name}{name}")
            if formula is not None and formula.names:
                known[f"{declared.name}{name}"] = formula
    return KeptFormulas(known, frozenset(holders))
