"""What the compilers of a project make of its layouts, and what is remembered of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from abilock.compilers.commands import compilers_of, key_of
from abilock.config import Config
from abilock.diagnostics.report import Report
from abilock.emit import stamp
from abilock.progress import Progress

if TYPE_CHECKING:
    from abilock.emit.memory import Memory
    from abilock.model.decls import Library

#: In the cache folder: what compilers have said.
_FILE = "compilers.jsonl"


@dataclass(frozen=True)
class Told:
    """``remarks``: a line for each compiler that was not asked. ``data``: all of them, for scripts."""

    remarks: tuple[str, ...]
    data: list[object]


def remembered(config: Config) -> Told | None:
    """What was told when the compilers that are here now had nothing to object to layouts; to be asked
    where nothing else has changed since a run."""
    compilers = compilers_of(config)
    if not compilers:
        return Told((), [])
    said = stamp.compilers_said(config, key_of(compilers))
    if said is None:
        return None
    remarks, data = said.get("remarks"), said.get("data")
    if not isinstance(remarks, list) or not isinstance(data, list):
        return None
    return Told(tuple(map(str, remarks)), data)


def ask(
    config: Config, libraries: Mapping[str, Library], report: Report, progress: Progress
) -> Told:
    """Report what compilers have otherwise. ``libraries``: those that are right, by their descriptions;
    releases that have a binding of their own are asked about as well."""
    from abilock.compilers.asking import ask_all
    from abilock.emit.memory import Memory
    from abilock.pipeline import lay_out_all

    compilers = compilers_of(config)
    if not libraries or not compilers:
        return Told((), [])
    before = len(report.diagnostics)
    memory = Memory(config.root, _FILE)
    every = {**libraries, **_frozen(config, libraries, report)}
    laid_out = {path: (each, lay_out_all(each)) for path, each in every.items()}
    modules = {path: module for path, each in every.items() if (module := _module(config, each))}
    asked = ask_all(compilers, laid_out, config.root, memory, report, progress, modules=modules)
    is_agreed = len(report.diagnostics) == before and set(libraries) == set(config.abi)
    _remember(config, memory, is_agreed, key_of(compilers), asked.remarks, asked.data)
    return Told(tuple(asked.remarks), list(asked.data))


def _frozen(config: Config, libraries: Mapping[str, Library], report: Report) -> dict[str, Library]:
    """Releases with a binding of their own, by their names. What is wrong with one was told."""
    from abilock.releases.bindings import frozen_bindings

    own = Report()
    frozen = list(frozen_bindings(config, tuple(libraries), own))
    report.sources.update(own.sources)
    return {f"{each.library.name}@{each.library.version}": each.library for each in frozen}


def _module(config: Config, library: Library) -> dict[str, str]:
    """The files of a Rust module as they lie in the output folder, its own first; none without it, or
    where a merge has left both sides of one, of which a finding tells."""
    from abilock.emit.merges import is_in_conflict
    from abilock.emit.reading import read_regular

    if "rust" not in config.outputs:
        return {}
    folder = config.output_folder / library.stem / "rust"
    found = {}
    for name in (f"{library.stem}.rs", f"{library.stem}.witness.rs"):
        try:
            data = read_regular(folder / name)
            if is_in_conflict(data):
                return {}
            found[name] = data.decode("utf-8")
        except (OSError, ValueError):
            continue
    return found if f"{library.stem}.rs" in found else {}


def _remember(
    config: Config, memory: Memory, is_agreed: bool, key: str, remarks: object, data: object
) -> None:
    from abilock.emit.lock import exclusive

    with exclusive(config.root, Report(), wait=0.0, leave_no_trace=True) as held:
        if not held:
            return
        memory.save()
        if is_agreed and stamp.is_current(config):
            stamp.record_compilers(config, key, {"remarks": remarks, "data": data})
