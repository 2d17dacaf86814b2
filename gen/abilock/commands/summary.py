"""What a run changes in the layouts of types, told from the tables that it writes anew."""

from __future__ import annotations

from pathlib import PurePosixPath

from abilock.emit.plan import Change, Plan
from abilock.model.targets import TRIPLES
from abilock.present.layout_changes import changes, read_table


def layout_summary(plan: Plan) -> tuple[str, ...]:
    """Lines for people, on the first target of each ABI; none where tables are new, or are not made."""
    return tuple(line for change in _first_tables(plan) for line in _changes(change))


def _first_tables(plan: Plan) -> list[Change]:
    """Of each ABI, the changed table of the target that comes first."""
    found: dict[str, tuple[int, Change]] = {}
    for change in plan.changes:
        path = PurePosixPath(change.path)
        if path.parent.name == "layout" and path.suffix == ".json" and path.stem in TRIPLES:
            rank = TRIPLES.index(path.stem)
            abi = str(path.parent)
            if abi not in found or rank < found[abi][0]:
                found[abi] = (rank, change)
    return [found[abi][1] for abi in sorted(found)]


def _changes(change: Change) -> tuple[str, ...]:
    if change.before is None or change.after is None:
        return ()
    old, new = read_table(change.before), read_table(change.after)
    return changes(old, new) if old is not None and new is not None else ()
