"""Saving after changes: not at each of them, and not never."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger("bmux.snapshots")


class Autosave:
    """Saves some time after the last change, and at the latest some time after the first.

    A change that comes while a save runs, or before one that fails, leads to another save.
    """

    def __init__(
        self, save: Callable[[], object], debounce: float = 1.0, at_latest: float = 10.0
    ) -> None:
        self._save = save
        self._debounce = debounce
        self._at_latest = at_latest
        self._condition = threading.Condition()
        self._first: float | None = None
        self._last = 0.0
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="autosave", daemon=True)
        self._thread.start()

    def changed(self) -> None:
        """Something that belongs into the snapshot is different now."""
        with self._condition:
            self._last = time.monotonic()
            if self._first is None:
                self._first = self._last
                self._condition.notify()

    def stop(self) -> None:
        """End the thread, with a last save if something is not saved yet."""
        with self._condition:
            self._stopped = True
            self._condition.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                stopped = self._wait()
                if self._first is None:
                    return
                self._first = None
            try:
                self._save()
            except Exception:
                log.exception("the snapshot was not saved")
                if not stopped:
                    self.changed()
            if stopped:
                return

    def _wait(self) -> bool:
        """Until it is time to save, or to stop. The condition is held before and after."""
        while not self._stopped:
            if self._first is None:
                self._condition.wait()
                continue
            due = min(self._last + self._debounce, self._first + self._at_latest)
            left = due - time.monotonic()
            if left <= 0:
                return False
            self._condition.wait(left)
        return True
