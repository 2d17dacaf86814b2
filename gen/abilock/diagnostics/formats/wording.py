"""What a finding says, for formats that have one text for all of it."""

from __future__ import annotations

from abilock.diagnostics.render import facts
from abilock.diagnostics.report import Diagnostic
from abilock.source import printable

#: What the programs that read these formats show of one text, or less.
_LONGEST = 2000


def whole_message(found: Diagnostic) -> list[str]:
    """Lines: the message, what is known beside it, and what to do."""
    lines = [found.message, *facts(found), *(note.message for note in found.notes)]
    return [*lines, f"hint: {found.hint}"] if found.hint else lines


def shortened(text: str) -> str:
    """One line without anything that a program would act on, and not too long for it."""
    shown = printable(text if len(text) <= _LONGEST else text[:_LONGEST])
    return shown if len(text) <= _LONGEST else f"{shown}…"
