"""Items that lack members, since those could not be parsed: what is said of the others all the same."""

from __future__ import annotations

from collections.abc import Mapping

from abilock.check.symbols import BUILTIN_TYPES
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Diagnostic
from abilock.syntax import ast
from abilock.syntax.loading import Loaded

#: What is so whatever else an item has.
_OF_NAMES = frozenset(
    {
        catalog.BUILTIN_NAME,
        catalog.DISCARDED_NAME,
        catalog.DUPLICATE_NAME,
        catalog.LONG_NAME,
        catalog.NAME_COLLISION,
        catalog.RESERVED_NAME,
        catalog.UNKNOWN_ATTRIBUTE,
    }
)
#: What is said of members, and rests on all of them.
_OF_ALL = frozenset(
    {
        catalog.ATTRIBUTE_CONFLICT,
        catalog.BAD_CONTEXT,
        catalog.BAD_GAP,
        catalog.EMPTY_AGGREGATE,
        catalog.NO_CONTEXT,
        catalog.NO_EFFECT,
        catalog.PACKED_ALIGNED,
    }
)


def incomplete_items(loaded: Loaded) -> Mapping[str, frozenset[str]]:
    """The names of items that lack members, those included that get them from a convention, each with the
    words that stand where the members are missing."""
    found = {
        name: words - BUILTIN_TYPES
        for file in loaded.files
        for name, words in file.incomplete.items()
    }
    for file in loaded.files:
        for item in file.items:
            if isinstance(item, ast.VtableDecl) and item.convention is not None:
                inherited = found.get(item.convention.text)
                if inherited is not None:
                    found[item.name.text] = found.get(item.name.text, frozenset()) | inherited
    return found


def rests_on_missing(
    found: Diagnostic, missing: frozenset[str], words: frozenset[str], is_head: bool
) -> bool:
    """Whether something is only found wrong since members are ``missing``. ``words``: what stands where it
    was found, in a member, or else in the head of an item."""
    if found.code in _OF_NAMES:
        return False
    return is_head or found.code in _OF_ALL or not words.isdisjoint(missing)
