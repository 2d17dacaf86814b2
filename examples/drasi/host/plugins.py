"""Plugins: found in a folder, shaken hands with, and asked what they can make."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import drasi
import drasi_0_11_0

from . import HostError
from .release import ABI_ERRORS, Release
from .release_0_8_4 import Release084
from .release_0_11_0 import Release0110

log = logging.getLogger("host.plugins")

#: The bindings that this host has, side by side. Each plugin gets the one that it is for.
BINDINGS = [drasi_0_11_0, drasi]


class UnknownNameError(HostError):
    """The configuration names something that is not there."""


class Plugins:
    """All plugins of a folder. What was refused is in ``refused``, with the reason."""

    def __init__(self, folder: Path, mode: str | None = None) -> None:
        self.loaded: dict[str, Release] = {}
        self.refused: dict[str, str] = {}
        self._by_kind: dict[tuple[str, str], tuple[Release, Any]] = {}
        # `discover` opens each library once and calls nothing in it but what tells its version,
        # until a binding has been found that is for it. What it yields is a plugin or the reason
        # why there is none.
        for found in drasi_0_11_0.discover(folder, mode, bindings=BINDINGS):
            if isinstance(found, drasi_0_11_0.LoadError):
                self._refuse(found.path, str(found).removeprefix(f"{found.path}: "))
                continue
            try:
                release = Release084 if isinstance(found, drasi.Plugin) else Release0110
                self._take(found.path, release(found))
            except ABI_ERRORS as error:
                self._refuse(found.path, f"it cannot say what it makes: {error}")

    def _refuse(self, path: str, why: str) -> None:
        name = Path(path).name
        self.refused[name] = why
        log.warning("%s is refused: %s", name, why)

    def _take(self, path: str, plugin: Release) -> None:
        """The rest of the handshake: what it has to say is heard before anything is made."""
        name = Path(path).name
        plugin.listen()
        self.loaded[name] = plugin
        for (what, kind), factory in plugin.factories.items():
            made = plugin, factory
            # A kind may be there for several releases; who says none gets the first.
            self._by_kind.setdefault((what, kind), made)
            exact = f"{kind}@{plugin.version}"
            if self._by_kind.setdefault((what, exact), made) is not made:
                text = "%s: another plugin makes the %s %s, and goes on doing so"
                log.warning(text, name, what, exact)
        kinds = dict.fromkeys(kind for _, kind in plugin.factories)
        log.info("%s: SDK %s, makes %s", name, plugin.version, ", ".join(kinds))

    def making(self, what: str, kind: str) -> tuple[Release, Any]:
        """Who makes, say, sources of a kind, ``people`` or ``people@0.8.4``, and the factory of that."""
        if (what, kind) not in self._by_kind:
            known = [each for made, each in self._by_kind if made == what]
            there = f"there is {', '.join(sorted(known))}" if known else "no plugin makes any"
            raise UnknownNameError(f"no plugin makes a {what} of the kind {kind!r}; {there}")
        return self._by_kind[what, kind]

    def close(self) -> None:
        """End the factories. The libraries stay loaded: threads of theirs may still be running."""
        for plugin in self.loaded.values():
            plugin.close()
