"""A limit on how much is said about one file: nobody reads the millionth message about a broken one."""

from __future__ import annotations

from abilock.diagnostics.catalog import SYNTAX, Code
from abilock.diagnostics.report import Note, Report
from abilock.source import Span

MAX_MESSAGES = 100


class LimitedReport(Report):
    """Passes diagnostics on to ``target`` until there were too many."""

    def __init__(self, target: Report) -> None:
        super().__init__()
        self._target = target
        self._left = MAX_MESSAGES

    @property
    def exhausted(self) -> bool:
        """Whether nothing that is added is seen any more."""
        return self._left < 0

    def add(
        self,
        code: Code,
        span: Span | None,
        message: str,
        *,
        hint: str | None = None,
        notes: tuple[Note, ...] = (),
    ) -> None:
        if self._left > 0:
            self._target.add(code, span, message, hint=hint, notes=notes)
        elif self._left == 0:
            self._target.add(
                SYNTAX,
                span,
                f"more than {MAX_MESSAGES} errors in this file, the others are left out",
                hint="is it an ABI description?",
            )
        self._left -= 1
