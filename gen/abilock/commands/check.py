"""``abilock check``: every gate at once, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Sequence

from abilock.commands.generate import generate
from abilock.commands.outcome import NOTHING_TO_REPORT, Outcome


def check(files: Sequence[str], *, config: str | None, as_json: bool) -> Outcome:
    """Descriptions are right, and generated files are what they say."""
    outcome = generate(
        files, config=config, check_only=True, diff_only=False, force=False, progress=_silent
    )
    if as_json and outcome.code == NOTHING_TO_REPORT:
        return Outcome(NOTHING_TO_REPORT, json.dumps({"findings": []}, indent=2) + "\n")
    return outcome


def _silent(step: str) -> None:
    """Progress is for people who wait for files."""
