"""The snapshot file, in bmux's own format: what is in it, how it is read, how it is replaced.

The file is pretty-printed JSON: a version, a checksum, and sections in order, each with the participant's
id, the version of its own format, and its bytes as a list of numbers.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERSION = 1
U32 = 2**32
U64 = 2**64


@dataclass(frozen=True)
class Section:
    """What one participant handed out. Nobody but the participant understands the bytes."""

    id: str
    version: int
    data: bytes

    def __post_init__(self) -> None:
        """What could be written and not be read again is refused before it is in a file.

        Raises:
            ValueError: with the reason, for people.
        """
        try:
            self.id.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"the id {self.id!r} is no text: {error.reason}") from error
        # bool is an int for Python, and not for JSON.
        if type(self.version) is not int or not 0 <= self.version < U32:
            raise ValueError(f"`version` is not a number below {U32}: {self.version!r}")
        if type(self.data) is not bytes:
            raise ValueError(f"a snapshot is bytes, and not {type(self.data).__name__}")

    def in_one_line(self) -> str:
        """The checksum is over this text, so the order of the keys is part of the format."""
        # `json` would make an object of each number, and takes many times the room of the bytes.
        numbers = repr(list(self.data)).replace(", ", ",")
        return f'{{"id":{_quoted(self.id)},"version":{self.version},"bytes":{numbers}}}'

    def in_lines(self) -> str:
        """As it stands in the file."""
        numbers = "[]"
        if self.data:
            listed = repr(list(self.data))[1:-1].replace(", ", ",\n        ")
            numbers = f"[\n        {listed}\n      ]"
        return (
            f'    {{\n      "id": {_quoted(self.id)},\n      "version": {self.version},\n'
            f'      "bytes": {numbers}\n    }}'
        )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


class SnapshotFileError(Exception):
    """The file is there, and is not a snapshot that this version understands."""


def checksum(sections: list[Section]) -> int:
    """FNV-1a of 64 bits over the sections as compact JSON."""
    text = ",".join(each.in_one_line() for each in sections)
    value = 0xCBF29CE484222325
    for byte in f"[{text}]".encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def encode(sections: list[Section]) -> bytes:
    """The text of a file with these sections."""
    listed = ",\n".join(each.in_lines() for each in sections)
    lines = (
        f'  "version": {VERSION}',
        f'  "checksum": {checksum(sections)}',
        f'  "sections": [\n{listed}\n  ]' if sections else '  "sections": []',
    )
    return ("{\n" + ",\n".join(lines) + "\n}").encode()


def decode(text: bytes) -> list[Section]:
    """The sections in the order of the file.

    Raises:
        SnapshotFileError: with the reason, for people.
    """
    try:
        envelope = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SnapshotFileError(f"this is not JSON: {error}") from error
    if not isinstance(envelope, dict):
        raise SnapshotFileError("this is not a snapshot: an object is needed")
    version = _number(envelope, "version", U32)
    if version != VERSION:
        raise SnapshotFileError(f"the file has version {version}, and only {VERSION} is known")
    written = _number(envelope, "checksum", U64)
    listed = envelope.get("sections")
    if not isinstance(listed, list):
        raise SnapshotFileError("`sections` is not a list")
    sections = [_section(each) for each in listed]
    if written != checksum(sections):
        raise SnapshotFileError("the checksum does not fit the sections: the file is damaged")
    return sections


def _section(value: Any) -> Section:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise SnapshotFileError("a section has no `id`")
    numbers = value.get("bytes")
    if not isinstance(numbers, list) or not all(
        type(each) is int and 0 <= each < 256 for each in numbers
    ):
        raise SnapshotFileError(f"`bytes` of {value['id']!r} is not a list of bytes")
    try:
        return Section(value["id"], _number(value, "version", U32), bytes(numbers))
    except ValueError as error:
        raise SnapshotFileError(str(error)) from error


def _number(container: dict[str, Any], key: str, limit: int) -> int:
    value = container.get(key)
    if type(value) is not int or not 0 <= value < limit:
        raise SnapshotFileError(f"`{key}` is not a number below {limit}")
    return value


def read(path: Path) -> list[Section] | None:
    """The sections of the file, or None if there is no file.

    Raises:
        SnapshotFileError: the file is there, and is not a snapshot.
        OSError: it cannot be read.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    return decode(text)


def write(path: Path, sections: list[Section], aside: Path | None = None) -> None:
    """Replace the file: whoever reads it, or finds it after a crash, has the old one or the new one, whole.

    Args:
        path: the file; its folder is made if it is not there.
        sections: what is in it.
        aside: another name, which the old file then has, if there is one.

    Raises:
        OSError: the disk refuses. The old file is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".tmp")
    with open(new, "wb") as file:
        file.write(encode(sections))
        file.flush()
        # The new bytes are on the disk before the name leads to them.
        os.fsync(file.fileno())
    if aside is not None:
        with suppress(FileNotFoundError):
            os.replace(path, aside)
    os.replace(new, path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Have the disk know the new name. Some file systems cannot; then the old file may come back."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
