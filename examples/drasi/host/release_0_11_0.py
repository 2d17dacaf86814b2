"""SDK 0.11.0: what it has in other ways than 0.8.4.

Events and results are bytes here, in MessagePack, so this host reads changes and makes results. A
failed bootstrap has a text. What the plugin calls its SDK is another number: FFI 0.13.0.
"""

from __future__ import annotations

import drasi_0_11_0

from .logs import level_wanted
from .payloads import Change, decode_event, decode_record, encode_result
from .query import Row
from .release import Release
from .results import Result


class Release0110(Release):
    """A loaded plugin of this release."""

    binding = drasi_0_11_0
    deliverable = True

    def listen(self) -> None:
        super().listen()
        # Plugins of 0.8.4 send whatever they log. Those of this release can be asked not to.
        if isinstance(self.registration, drasi_0_11_0.PluginRegistrationProxy) and (
            self.registration.offers("set_log_level")
        ):
            self.registration.set_log_level(drasi_0_11_0.LogLevelFilter[level_wanted()])

    # Nothing to end: the binding has copied an event's bytes and given them back by now.

    def change(self, event: drasi_0_11_0.SourceEvent) -> Change | None:
        return decode_event(event.payload)

    def record(self, event: drasi_0_11_0.BootstrapEvent) -> Change | None:
        return decode_record(event.payload)

    def result(self, result: Result) -> drasi_0_11_0.QueryResult:
        return drasi_0_11_0.QueryResult(encode_result(result))

    def told_row(self, signature: int, row: Row) -> object:
        return {"k": signature, "v": row}
