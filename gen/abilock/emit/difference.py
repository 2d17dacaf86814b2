"""What a plan would change, as a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from abilock.emit.plan import Change, Plan
from abilock.emit.tree import Tree

_NO_END = "\\ No newline at end of file\n"


def unified_diff(tree: Tree, plan: Plan) -> str:
    """From what is there to what would be, in the order of the paths, as `patch` and git read it."""
    changes = sorted(plan.changes, key=lambda change: change.path)
    return "".join(line for change in changes for line in _lines_of(tree, change))


def _lines_of(tree: Tree, change: Change) -> Iterator[str]:
    shown = tree.shown(change.path)
    yield from difference_lines(
        change.before,
        change.after,
        "/dev/null" if change.before is None else f"a/{shown}",
        "/dev/null" if change.after is None else f"b/{shown}",
    )


def difference_lines(
    before: bytes | None, after: bytes | None, old: str, new: str
) -> Iterator[str]:
    """The lines of a unified diff of one file, which is called ``old`` and ``new``."""
    for line in difflib.unified_diff(_lines(before), _lines(after), old, new):
        yield line if line.endswith("\n") else f"{line}\n{_NO_END}"


def _lines(data: bytes | None) -> list[str]:
    # Not `splitlines`, for which a form feed ends a line too.
    lines = (data or b"").decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    return [f"{line}\n" for line in lines[:-1]] + [line for line in lines[-1:] if line]
