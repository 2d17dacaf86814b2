"""What lies among releases and is of none: descriptions that no lock has, locks of ABIs that are gone."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Diagnostic, Report
from abilock.lock.lockfile import LOCK, is_lock
from abilock.lock.shelf import HISTORY, Store
from abilock.syntax.tokens import abi_name

_DESCRIPTION = ".abi"


def report_strays(store: Store, names: Sequence[str], report: Report) -> None:
    """Look beside the descriptions ``names``; what lies in the folder of one of them is looked at with its
    lock."""
    for folder in dict.fromkeys(map(posixpath.dirname, names)):
        described = _described(store, folder)
        # What is in the middle of an edit may be of any ABI.
        if None not in described:
            for each in _strays(store, folder, {name for name in described if name}):
                report.include(each)


def is_described(store: Store, folder: str, abi: str) -> bool:
    """Whether a description of an ABI lies in a folder."""
    return abi in _described(store, folder)


def _described(store: Store, folder: str) -> set[str | None]:
    """The ABIs that are described in a folder, listed or not; None for what cannot be told."""
    found: set[str | None] = set()
    for name in store.names(folder):
        if name.endswith(_DESCRIPTION):
            text = _read(store, posixpath.join(folder, name))
            found.add(abi_name(text.removeprefix("\ufeff")) if text is not None else None)
    return found


def _strays(store: Store, folder: str, described: set[str]) -> Iterator[Diagnostic]:
    gone = set()
    for name in store.names(folder):
        path, abi = posixpath.join(folder, name), name.removesuffix(LOCK)
        if name.endswith(LOCK) and abi not in described and is_lock(_read(store, path) or ""):
            gone.add(abi)
            yield Diagnostic(
                catalog.LOCK_STRAY,
                f"{path} has releases of {abi}, and no description beside it is of that ABI",
                None,
                f"restore its description, or its name; an ABI that was given up takes {path} and"
                f" {posixpath.join(folder, HISTORY, abi)} with it, which `--against` misses until that"
                " revision does not have them either",
                subject=path,
            )
    for name in store.names(posixpath.join(folder, HISTORY)):
        path = posixpath.join(folder, HISTORY, name)
        if name.endswith(_DESCRIPTION):
            hint = (
                f"releases lie in folders of their ABIs: `{HISTORY}/x/1.0.0.abi`; move it elsewhere"
            )
            yield _unlisted(
                f"{path} lies among the releases, and in the folder of no ABI", hint, path
            )
        elif name not in described | gone and _holds_descriptions(store, path):
            hint = "restore description and lock of that ABI, or move the folder elsewhere"
            yield _unlisted(
                f"{path} lies among the releases, and nothing describes an ABI {name!a}", hint, path
            )


def _unlisted(message: str, hint: str, path: str) -> Diagnostic:
    return Diagnostic(catalog.RELEASE_UNLISTED, message, None, hint, subject=path)


def _holds_descriptions(store: Store, folder: str) -> bool:
    return any(each.endswith(_DESCRIPTION) for each in store.names(folder))


def _read(store: Store, path: str) -> str | None:
    try:
        return store.read(path)
    except OSError:
        return None
