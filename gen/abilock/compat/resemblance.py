"""Whether two members of different names are one: by what is said of them, and by what they are called."""

from __future__ import annotations

import re

from abilock.model.decls import Member, Slot

_WORD = re.compile(r"[a-z0-9]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
#: How much of two texts has to be the same: half of all words that are in one of them.
_ENOUGH = 0.5
#: Words that say what kind of thing it is, and not which one.
_NO_NAMES = frozenset("a an and fn for func get is it of or ptr set the to with".split())


def is_said_alike(before: Member, after: Member) -> bool:
    """Whether what is said of both is about the same thing; where nothing is, whether the names are."""
    said = _words(" ".join(before.doc.lines)), _words(" ".join(after.doc.lines))
    if all(said):
        return _shared(*said) >= _ENOUGH
    return not any(said) and _shared(_name(before), _name(after)) > _ENOUGH


def is_only_known_by_its_parameters(member: Member) -> bool:
    """Whether nothing is said of a slot, and it takes something beside its object that has a name."""
    if not isinstance(member, Slot) or any(each.strip() for each in member.doc.lines):
        return False
    given = member.signature.parameters[0 if member.receiver is None else 1 :]
    return any(each.name is not None for each in given)


def _name(member: Member) -> frozenset[str]:
    return _words(_HUMP.sub("_", member.name or ""))


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower())) - _NO_NAMES
