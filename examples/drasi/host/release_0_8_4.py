"""SDK 0.8.4: what it has in other ways than 0.11.0.

The content of its events and results is Rust's: only code of the same compiler and the same drasi
can read or make it. So this host counts changes and ends them, carries records of a bootstrap from
one plugin to the other as they are, and cannot deliver results: a reaction of this release gets
rows from snapshots and outboxes, which are JSON.
"""

from __future__ import annotations

import drasi

from .query import Row
from .release import Release
from .results import Opaque, Result


class Release084(Release):
    """A loaded plugin of this release."""

    binding = drasi
    deliverable = False

    def change(self, event: drasi.SourceEvent) -> Opaque:
        # The end of the block ends the event: its content goes back to the plugin, its block is freed.
        with event:
            return Opaque(event.op.name.lower())

    def record(self, event: drasi.BootstrapEvent) -> Opaque:
        with event:
            return Opaque("insert")

    def result(self, result: Result) -> None:
        return None

    def told_row(self, signature: int, row: Row) -> object:
        return row
