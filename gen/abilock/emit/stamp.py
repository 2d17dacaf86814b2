"""Whether anything changed since the last run, told without importing what does the work.

The stamp is only a shortcut: it lies in a cache folder that is not checked in, and a missing, old or
damaged one makes a run do its work.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from abilock.config import Config
from abilock.diagnostics.report import Report
from abilock.emit.manifest import FILE_NAME, parse_manifest
from abilock.resources import template_root

CACHE = ".abilock-cache"
_STAMP = "stamp.json"
#: Distributions whose version shows in what is generated.
_TOOLS = ("black-", "jinja2-", "lark-", "markupsafe-")


def cache_folder(config: Config) -> Path:
    """The cache folder, made if it can be, with a note for git that it is nobody's business."""
    folder = config.root / CACHE
    try:
        folder.mkdir(exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError:
        pass
    return folder


def is_current(config: Config) -> bool:
    """Whether descriptions, generator, configuration and every generated file are what they were when
    the last run succeeded."""
    try:
        stamp = json.loads((config.root / CACHE / _STAMP).read_text("utf-8"))
        return bool(stamp["key"] == _key(config, stamp["inputs"]))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def record(config: Config, inputs: Iterable[str]) -> None:
    """Remember that a run succeeded; ``inputs`` are the descriptions it read, relative to the root."""
    listed = sorted(set(inputs))
    folder = cache_folder(config)
    try:
        text = json.dumps({"inputs": listed, "key": _key(config, listed)})
        temporary = folder / f"{_STAMP}.{os.getpid()}"
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, folder / _STAMP)
    except (OSError, ValueError):
        return


def _key(config: Config, inputs: list[str]) -> str:
    """A digest of everything that a run depends on, and of everything that it made.

    Raises:
        OSError: something of it cannot be read.
        ValueError: the manifest is damaged.
    """
    total = hashlib.sha256()
    for part in _parts(config, inputs):
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()


def _parts(config: Config, inputs: list[str]) -> Iterator[bytes]:
    yield repr((sys.version_info[:3], config.output, config.outputs, config.abi)).encode()
    yield config.path.read_bytes()
    for name in inputs:
        yield name.encode()
        yield (config.root / name).read_bytes()
    yield from _generator()
    manifest = (config.output_folder / FILE_NAME).read_bytes()
    yield manifest
    report = Report()
    known = parse_manifest(manifest, FILE_NAME, report)
    if known is None:
        raise ValueError("damaged manifest")
    for path in sorted(known.files):
        yield (config.output_folder / path).read_bytes()


def _generator() -> Iterator[bytes]:
    """The code and templates of abilock, and the names of the tools' versions."""
    for root in (Path(__file__).parents[1], template_root()):
        for folder, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(names):
                if name.endswith((".py", ".lark", ".jinja")):
                    path = os.path.join(folder, name)
                    yield path.encode()
                    with open(path, "rb") as stream:
                        yield stream.read()
    for entry in sys.path:
        if entry.endswith("-packages") and os.path.isdir(entry):
            found = [name for name in os.listdir(entry) if name.lower().startswith(_TOOLS)]
            yield repr(sorted(found)).encode()
