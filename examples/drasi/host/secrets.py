"""What plugins want of other plugins: secrets and credentials. The host asks on their behalf.

A configuration has no password in it but ``{"kind": "Secret", "name": "db"}``. The plugin that is
created with it asks the host, through the resolver that every plugin gets when it is loaded.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

from .release import ABI_ERRORS, Identity, SecretStore

Outcome = TypeVar("Outcome")


class UnresolvedError(LookupError):
    """A reference that stands for nothing. The plugin gets this as the error of its call."""


class Secrets:
    """What references in configurations stand for. ``stores`` are asked one after the other."""

    def __init__(self) -> None:
        self.stores: dict[str, SecretStore] = {}

    def resolve(self, reference_json: str) -> str:
        """The text that a reference stands for; a plain string stands for itself."""
        reference = json.loads(reference_json)
        if isinstance(reference, str):
            return reference
        if reference["kind"] == "Secret":
            return self._secret(reference["name"])
        if reference["kind"] == "EnvironmentVariable":
            found = os.environ.get(reference["name"], reference.get("default"))
            if found is not None:
                return str(found)
        raise UnresolvedError(f"nothing is known of {reference_json}")

    def _secret(self, name: str) -> str:
        reasons = []
        for store_name, store in self.stores.items():
            try:
                found = elsewhere(partial(store.get_secret, name))
            except ABI_ERRORS as error:
                reasons.append(f"{store_name}: {error}")
            else:
                if found is not None:
                    return found
        raise UnresolvedError(f"no secret {name!r} ({'; '.join(reasons) or 'no secret store'})")

    def close(self) -> None:
        for store in self.stores.values():
            store.close()
        self.stores.clear()


class Credentials:
    """Those of a provider of any release, in the words of one: an ``IdentityProvider``."""

    def __init__(self, binding: ModuleType, provider: Identity) -> None:
        self._binding = binding
        self._provider = provider

    def get_credentials(self, context_json: bytes | None) -> Any:
        found = elsewhere(lambda: self._provider.get_credentials(context_json))
        kind = self._binding.CredentialType[found.credential_type.name]
        return self._binding.Credentials(kind, found.field1, found.field2, found.field3)


def elsewhere(call: Callable[[], Outcome]) -> Outcome:
    """Call a plugin on a thread of its own, from inside of a callback.

    A plugin that asks for a secret, or for credentials, does so on a thread of its library's
    runtime, and waits. If what it asks for is made by the same library, a call from here would need
    that runtime, on that thread.
    """
    done: Future[Outcome] = Future()

    def run() -> None:
        try:
            done.set_result(call())
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return done.result()
