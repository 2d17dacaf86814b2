"""``MANIFEST.json``: which files of the output folder abilock wrote, and from which description.

One line per file, sorted, and an empty one between ABIs: git merges branches that changed different
ones. Of branches that changed the same one it leaves both lines, which is one of the forms that are
read here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.emit.merges import lines_of_all_sides
from abilock.emit.paths import page_problem
from abilock.emit.reading import unix_ends

_NOTE = "Written by abilock: the files it made here, so that it touches no others. Do not edit."
_BOM = b"\xef\xbb\xbf"

_TEXT = r'"(?:[^"\\]|\\.)*"'
#: ex) ``    "drasi/include/drasi.h": {"abi": "abi/drasi.abi", …},``
_ENTRY_LINE = re.compile(rf"\s*({_TEXT}): (\{{.+\}}),?\s*")
_OTHER_LINE = re.compile(rf"\s*(?:\{{|\}},?|{_TEXT}: (?:\{{|{_TEXT},?))?\s*")


@dataclass(frozen=True, slots=True)
class Entry:
    """``output``: the output that made the file. ``abi``: the description that it was made from.
    ``digests``: SHA-256 of what was written, one for each side of a merge."""

    output: str
    abi: str
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """``files`` by path below the output folder. ``is_merged``: git has put two manifests together."""

    files: Mapping[str, Entry] = field(default_factory=dict)
    is_merged: bool = False

    def text(self) -> str:
        """The file's content."""
        lines = ["{", f'  "about": {json.dumps(_NOTE)},', '  "files": {']
        lines += _lines(self.files)
        lines += ["  }", "}"]
        return "\n".join(lines) + "\n"


def _lines(files: Mapping[str, Entry]) -> Iterator[str]:
    paths = sorted(files)
    for number, path in enumerate(paths):
        entry = files[path]
        if number and path.split("/")[0] != paths[number - 1].split("/")[0]:
            yield ""
        # What a merge has left stays as it was found, until somebody generates it.
        for sha in entry.digests:
            value = {"abi": entry.abi, "output": entry.output, "sha256": sha}
            is_last = path == paths[-1] and sha == entry.digests[-1]
            yield f"    {json.dumps(path)}: {json.dumps(value)}{'' if is_last else ','}"


def parse_manifest(data: bytes, name: str, report: Report) -> Manifest | None:
    """The manifest in ``data``; None after reporting that it is none. Paths that lead elsewhere, or
    that abilock keeps for itself, are passed over: no run has written them."""
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
        return Manifest(_united(found["files"].items()))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    try:
        return Manifest(_united(_merged_entries(data)), is_merged=True)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        report.add(
            catalog.MANIFEST_INVALID,
            None,
            f"{name} is damaged, so it is not known which files abilock wrote",
            hint="restore it from version control, or delete the folder and generate it again",
        )
        return None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object, unless it says something twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("two lines with one name")
    return found


def _united(rows: Iterable[tuple[str, object]]) -> dict[str, Entry]:
    """The entry of each path, with the digests of every row."""
    files: dict[str, Entry] = {}
    for path, row in rows:
        match row:
            case {"output": str() as output, "abi": str() as abi, "sha256": str() as sha}:
                if page_problem(path) is None:
                    before = files[path].digests if path in files else ()
                    files[path] = Entry(output, abi, tuple(dict.fromkeys((*before, sha))))
            case _:
                raise ValueError(row)
    return files


def _merged_entries(data: bytes) -> Iterator[tuple[str, object]]:
    """What the lines of a manifest say that git has put together of two: JSON it need not be.

    Raises:
        ValueError: it is not that, or not all of it.
    """
    lines = b"\n".join(lines_of_all_sides(data)).decode("utf-8").strip().split("\n")
    if lines[-1].strip() != "}" or not any(map(_ENTRY_LINE.fullmatch, lines)):
        raise ValueError("the end is missing, or all but the end")
    for line in lines:
        entry = _ENTRY_LINE.fullmatch(line)
        if entry is not None:
            yield json.loads(entry[1]), json.loads(entry[2])
        elif not _OTHER_LINE.fullmatch(line):
            raise ValueError(line)


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def text_digest(data: bytes) -> str:
    """SHA-256 of the text as abilock reads and writes it, whatever line ends a checkout gave it."""
    return digest(unix_ends(data.removeprefix(_BOM)))


def is_same_text(one: bytes, other: bytes) -> bool:
    """Whether two files differ in their line ends at most."""
    return one == other or unix_ends(one) == unix_ends(other)
