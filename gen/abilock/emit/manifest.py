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

FILE_NAME = "MANIFEST.json"
_NOTE = "Written by abilock: the files it made here, so that it touches no others. Do not edit."


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
    """The manifest in ``data``; None after reporting that it is none."""
    try:
        found = json.loads(data.decode("utf-8"))
        files = {
            str(path): Entry(str(entry["output"]), str(entry["abi"]), str(entry["sha256"]))
            for path, entry in found["files"].items()
            if is_plain(path)
        }
        sources = {str(path): str(sha) for path, sha in found["sources"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        report.add(
            catalog.MANIFEST_INVALID,
            None,
            f"{name} is damaged, so it is not known which files abilock wrote",
            hint="restore it from version control, or delete the folder and generate it again",
        )
        return None
    return Manifest(files, sources)


def is_plain(path: object) -> bool:
    """Whether a path stays below the folder that it is relative to."""
    return (
        isinstance(path, str)
        and bool(path)
        and not path.startswith("/")
        and not any(part in ("", ".", "..") for part in path.split("/"))
        and not any(char in path for char in "\\:\0")
    )


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()
