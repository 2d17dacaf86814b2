"""The journal: what a run is about to do to the tree, written down before it does any of it.

With the digests of what was there and of what shall be, a later run can tell the steps that were
made from those that were not, and both from what somebody has edited since.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from abilock.emit.paths import MANIFEST, page_problem, path_problem

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Step:
    """One file that is replaced, made or removed. ``old`` and ``new`` are digests; None: no file.

    ex) ``Step(3, "drasi/include/drasi.h", "9f86d0…", "60303a…")``
    """

    number: int
    path: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Journal:
    """``steps`` in their order, removals first; ``folders``: those that the steps make, outermost
    first."""

    steps: tuple[Step, ...]
    folders: tuple[str, ...]

    @property
    def removed(self) -> frozenset[str]:
        """The paths that are removed."""
        return frozenset(step.path for step in self.steps if step.new is None)

    def data(self) -> bytes:
        """The bytes of the journal's file."""
        steps = [[step.number, step.path, step.old, step.new] for step in self.steps]
        tree = {"format": _FORMAT, "steps": steps, "folders": list(self.folders)}
        return json.dumps(tree).encode("utf-8")


def parse_journal(data: bytes) -> Journal | None:
    """The journal in ``data``; None if it is none, or names a place that no run writes to."""
    try:
        tree = json.loads(data.decode("utf-8"))
        if tree["format"] != _FORMAT:
            return None
        steps = tuple(_step(row) for row in tree["steps"])
        folders = tuple(_folder(path) for path in tree["folders"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Journal(steps, folders)


def _step(row: object) -> Step:
    match row:
        case [int() as number, str() as path, (str() | None) as old, (str() | None) as new]:
            if path == MANIFEST or page_problem(path) is None:
                return Step(number, path, old, new)
    raise ValueError(row)


def _folder(path: object) -> str:
    if isinstance(path, str) and path_problem(path) is None:
        return path
    raise ValueError(path)
