"""The judge of every kind of change."""

from __future__ import annotations

from collections.abc import Mapping

from abilock.compat import (
    rules_additions,
    rules_enums,
    rules_functions,
    rules_groups,
    rules_meaning,
    rules_members,
    rules_pointers,
    rules_types,
    rules_whole,
)
from abilock.compat.changes import Kind
from abilock.compat.judging import Judge

JUDGES: Mapping[Kind, Judge] = {
    **rules_whole.JUDGES,
    **rules_additions.JUDGES,
    **rules_members.JUDGES,
    **rules_groups.JUDGES,
    **rules_types.JUDGES,
    **rules_pointers.JUDGES,
    **rules_functions.JUDGES,
    **rules_enums.JUDGES,
    **rules_meaning.JUDGES,
}
