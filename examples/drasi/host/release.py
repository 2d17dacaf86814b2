"""A plugin of one release of the SDK, and how it is used whatever release that is.

The generated bindings of two releases are two packages, with classes of the same names: a
``drasi.SourceProxy`` is no ``drasi_0_11_0.SourceProxy``. What is the same in both is called here, on
either, and what has to be of one of them is made by ``binding``, the package that the plugin has. The
few things that differ are abstract here, and each release has a module that fills them in.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import drasi
import drasi_0_11_0

from .logs import on_lifecycle, on_log
from .payloads import Change
from .query import Row
from .results import LiveQuery, Opaque, Result

#: Whatever the bindings raise: a failing call, a broken contract, a use after the end.
ABI_ERRORS = (drasi.AbiError, drasi_0_11_0.AbiError)
#: How long a plugin may take to end a stream. Upstream gives a reaction as much.
PATIENCE = 5.0

# What comes from plugins of either release.
SourceTable = drasi.SourceProxy | drasi_0_11_0.SourceProxy
Subscribed = drasi.Subscription | drasi_0_11_0.Subscription
ChangeReceiver = drasi.ChangeReceiverProxy | drasi_0_11_0.ChangeReceiverProxy
ReactionTable = drasi.ReactionProxy | drasi_0_11_0.ReactionProxy
Identity = drasi.IdentityProviderProxy | drasi_0_11_0.IdentityProviderProxy
Provider = drasi.BootstrapProviderProxy | drasi_0_11_0.BootstrapProviderProxy
SecretStore = drasi.SecretStoreProviderProxy | drasi_0_11_0.SecretStoreProviderProxy

#: What a library makes, and where its registration lists the factories of that.
_FACTORIES = {
    "source": "source_plugins",
    "reaction": "reaction_plugins",
    "bootstrap provider": "bootstrap_plugins",
    "identity provider": "identity_provider_plugins",
    "secret store": "secret_store_plugins",
}


class Release(ABC):
    """A loaded plugin."""

    #: The generated package that it is used through.
    binding: ModuleType
    #: Whether results can be delivered to its reactions at all.
    deliverable: bool

    def __init__(self, plugin: drasi.Plugin | drasi_0_11_0.Plugin) -> None:
        self.version = plugin.metadata.sdk_version
        self.registration = plugin.registration
        #: By what they make and its kind: a source may have the kind of a provider of its.
        self.factories: dict[tuple[str, str], Any] = {}
        for what, name in _FACTORIES.items():
            # What a plugin of an older SDK does not have is not read: `offers` asks before.
            if self.registration.offers(name):
                for factory in getattr(self.registration, name):
                    self.factories[what, factory.kind()] = factory

    def listen(self) -> None:
        """What the library says as a whole; components have callbacks of their own besides."""
        self.registration.set_log_callback(on_log)
        self.registration.set_lifecycle_callback(on_lifecycle)

    def resolve_with(self, resolver: drasi.ConfigResolver) -> None:
        if self.registration.offers("set_config_resolver"):
            self.registration.set_config_resolver(resolver)

    def snapshot(self, query: LiveQuery) -> Any:
        """The rows of a query, as a reaction reads them one by one."""
        rows, sequence = query.rows()
        lines = Lines([self.told_row(key, row) for key, row in rows])
        return self.binding.Snapshot(lines, sequence, query.query.config_hash)

    def close(self) -> None:
        for factory in self.factories.values():
            factory.close()
        self.registration.close()

    # --- where releases differ

    @abstractmethod
    def change(self, event: Any) -> Change | Opaque | None:
        """What an event of a source says, if it is about a change. The event ends with that."""

    @abstractmethod
    def record(self, event: Any) -> Change | Opaque | None:
        """The same of a record of initial data."""

    @abstractmethod
    def result(self, result: Result) -> Any:
        """A result for a reaction, or ``None`` if none can be made."""

    @abstractmethod
    def told_row(self, signature: int, row: Row) -> object:
        """A row of a snapshot, as JSON has it."""


class Lines:
    """An iterator of rows or results as JSON: an empty text is the end."""

    def __init__(self, values: Sequence[object]) -> None:
        self._values = iter(values)

    def next(self) -> str:
        value = next(self._values, None)
        return "" if value is None else json.dumps(value, ensure_ascii=False)
