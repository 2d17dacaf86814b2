"""``MANIFEST.json``: which files of the output folder abilock wrote, and from what.

One line per file, sorted, so that branches merge it and a reviewer can read it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.emit.paths import page_problem

_NOTE = "Written by abilock: the files it made here, so that it touches no others. Do not edit."
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Entry:
    """``output``: the output that made the file. ``abi``: the description that it was made from."""

    output: str
    abi: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """``files`` by path below the output folder; ``sources``: SHA-256 of every description read."""

    files: Mapping[str, Entry] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The file's content."""
        lines = ["{", f'  "about": {json.dumps(_NOTE)},', '  "sources": {']
        lines += _lines({path: json.dumps(sha) for path, sha in self.sources.items()})
        lines += ["  },", '  "files": {']
        lines += _lines(
            {
                path: json.dumps({"abi": e.abi, "output": e.output, "sha256": e.sha256})
                for path, e in self.files.items()
            }
        )
        lines += ["  }", "}"]
        return "\n".join(lines) + "\n"


def _lines(values: Mapping[str, str]) -> list[str]:
    rows = [f"    {json.dumps(path)}: {values[path]}" for path in sorted(values)]
    return [f"{row}," for row in rows[:-1]] + rows[-1:]


def parse_manifest(data: bytes, name: str, report: Report) -> Manifest | None:
    """The manifest in ``data``; None after reporting that it is none. Paths that lead elsewhere, or
    that abilock keeps for itself, are passed over: no run has written them."""
    try:
        found = json.loads(data.decode("utf-8"))
        files = {
            path: Entry(str(entry["output"]), str(entry["abi"]), str(entry["sha256"]))
            for path, entry in found["files"].items()
            if page_problem(path) is None
        }
        sources = {path: str(sha) for path, sha in found["sources"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        report.add(
            catalog.MANIFEST_INVALID,
            None,
            f"{name} is damaged, so it is not known which files abilock wrote",
            hint="restore it from version control, or delete the folder and generate it again",
        )
        return None
    return Manifest(files, sources)


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def text_digest(data: bytes) -> str:
    """SHA-256 of the text as abilock reads and writes it, whatever line ends a checkout gave it."""
    return digest(data.removeprefix(_BOM).replace(b"\r\n", b"\n"))


def is_same_text(one: bytes, other: bytes) -> bool:
    """Whether two files differ in their line ends at most."""
    return one == other or unix_ends(one) == unix_ends(other)


def unix_ends(data: bytes) -> bytes:
    """The bytes without what a checkout does to line ends."""
    return data.replace(b"\r\n", b"\n")
