"""``abilock check``: every gate at once, and nothing is written."""

from __future__ import annotations

from collections.abc import Sequence

from abilock.commands.generate import generate
from abilock.commands.outcome import Outcome
from abilock.progress import Progress


def check(files: Sequence[str], *, config: str | None, progress: Progress) -> Outcome:
    """Descriptions are right, and generated files are what they say."""
    return generate(
        files, config=config, check_only=True, diff_only=False, force=False, progress=progress
    )
