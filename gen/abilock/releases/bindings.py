"""Frozen releases of which outputs are made beside those of the current description."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from abilock.check.symbols import nearest
from abilock.config import Config
from abilock.descriptions import shelf_of
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.lock.shelf import DiskStore, Shelf
from abilock.model.decls import Library
from abilock.model.version import Version
from abilock.releases.reading import sound_release

_UNFIT = re.compile(r"[^0-9A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Frozen:
    """``library``: the release, with the name that its files have. ``description``: the one that the
    configuration lists of its ABI."""

    library: Library
    description: str


def frozen_bindings(config: Config, names: Sequence[str], report: Report) -> Iterator[Frozen]:
    """The listed releases of the descriptions ``names``. What is wrong with one is reported."""
    store = DiskStore(config.root)
    found = {path: shelf_of(path, Report(), store) for path in config.abi}
    shelves = {shelf.abi: (path, shelf) for path, shelf in found.items() if shelf is not None}
    taken = {abi: f"the ABI {abi}" for abi in shelves}
    for name in config.releases:
        abi, _, written = name.partition("@")
        if abi not in shelves:
            report.add(
                catalog.UNKNOWN_RELEASE,
                None,
                f"`releases` names {name}, and `abi` lists no ABI {abi!a}",
                hint=nearest(abi, tuple(shelves)) or f"it lists {', '.join(shelves)}",
            )
            continue
        path, shelf = shelves[abi]
        if path in names:
            library = _library(name, written, shelf, report)
            if library is None:
                continue
            other = taken.setdefault(library.stem, name)
            if other == name:
                yield Frozen(library, path)
                continue
            report.add(
                catalog.OUTPUT_DUPLICATE,
                None,
                f"`releases` names {name}, which is generated as {library.stem}, and so is {other}",
                hint="leave one of them out, or give it a project of its own",
            )


def _library(name: str, written: str, shelf: Shelf, report: Report) -> Library | None:
    lock = shelf.lock(report)
    if lock is None:
        return None
    version = Version.parse(written)
    release = lock.find(version) if version is not None else None
    if release is None:
        known = [str(each.version) for each in lock.releases]
        report.add(
            catalog.UNKNOWN_RELEASE,
            None,
            f"`releases` names {name}, and {shelf.lock_path} has no release {written!a}",
            hint=nearest(written, known) or "`abilock history` lists those that there are",
        )
        return None
    library = sound_release(shelf, release, report)
    return library and replace(library, binding=binding_name(library.name, release.version))


def binding_name(abi: str, version: Version) -> str:
    """ex) ``drasi_0_11_0``"""
    return f"{abi}_{_UNFIT.sub('_', str(version))}"
