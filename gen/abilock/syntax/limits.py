"""A limit on how much is said about one file: nobody reads the millionth message about a broken one."""

from __future__ import annotations

from abilock.diagnostics.catalog import SYNTAX, Code, Severity
from abilock.diagnostics.report import Note, Report
from abilock.source import Span

MAX_MESSAGES = 100
#: Of a file that does not even start as a description.
MAX_FOREIGN_MESSAGES = 3


class LimitedReport(Report):
    """Passes diagnostics on to ``target`` until there were too many."""

    def __init__(self, target: Report, is_description: bool = True) -> None:
        super().__init__()
        self._target = target
        self._most = MAX_MESSAGES if is_description else MAX_FOREIGN_MESSAGES
        self._left = self._most
        self._warnings_left = MAX_MESSAGES

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
        if code.severity is Severity.WARNING:
            self._warnings_left -= 1
            if self._warnings_left >= 0:
                self._target.add(code, span, message, hint=hint, notes=notes)
            return
        if self._left > 0:
            self._target.add(code, span, message, hint=hint, notes=notes)
        elif self._left == 0:
            self._target.add(
                SYNTAX,
                span,
                f"more than {self._most} errors in this file, the others are left out",
                hint="is it an ABI description? it starts with `abi NAME VERSION;`",
            )
        self._left -= 1
