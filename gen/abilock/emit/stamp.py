"""Whether anything changed since the last run, told without importing what does the work.

The stamp is only a shortcut: it lies in a cache folder that is not checked in, and a missing, old or
damaged one makes a run do its work. It holds what a run has read and written, by digest, and not what
was there when the run ended: somebody may have saved a file in between.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from abilock.config import Config
from abilock.emit.cache import CACHE, cache_folder, write_whole
from abilock.emit.manifest import digest, text_digest
from abilock.emit.paths import STAGING, parents
from abilock.emit.reading import is_link, leads_out, read_regular, unix_ends
from abilock.resources import template_root

_STAMP = "stamp.json"
#: Distributions whose version shows in what is generated.
_TOOLS = ("black-", "jinja2-", "lark-", "markupsafe-")
_SOURCES = (".py", ".lark", ".json", ".jinja")


def is_current(config: Config) -> bool:
    """Whether descriptions, generator, configuration and every generated file are what they were for
    the last run that succeeded."""
    root, output = config.root, config.output_folder
    try:
        stamp = json.loads(read_regular(root / CACHE / _STAMP))
        return (
            all(_is_as_it_was(os.path.join(root, at), sha) for at, sha in stamp["inputs"].items())
            and _is_ours(output, root, stamp["files"])
            and all(_is_still(os.path.join(output, at), sha) for at, sha in stamp["files"].items())
            and bool(stamp["run"] == run_key(config))
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def are_releases_current(config: Config) -> bool:
    """Whether releases, and the descriptions that follow them, are what they were when they were found to
    be right; to be asked where :func:`is_current` says yes."""
    root = config.root
    try:
        found = json.loads(read_regular(root / CACHE / _STAMP))["releases"]
        return all(
            _is_as_it_was(os.path.join(root, at), sha) for at, sha in found["files"].items()
        ) and all(_names(os.path.join(root, at)) == names for at, names in found["folders"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def record_releases(
    config: Config, files: Mapping[str, str | None], folders: Iterable[str]
) -> None:
    """Remember that releases are right, beside what is remembered of the run that this follows.

    Args:
        files: the digest of every file of a release and of every lock, None for one that is not there.
        folders: where releases lie; a name that is new there is noticed.
    """
    try:
        stamp = json.loads(read_regular(config.root / CACHE / _STAMP))
        names = {at: _names(os.path.join(config.root, at)) for at in folders}
        stamp["releases"] = {"files": dict(files), "folders": names}
    except (OSError, ValueError, TypeError, RecursionError):
        return
    _write(config, json.dumps(stamp))


def compilers_said(config: Config, key: str) -> dict[str, object] | None:
    """What was told of compilers when none had anything to object, None if that is not known of these
    ones; to be asked where :func:`is_current` says yes."""
    try:
        found = json.loads(read_regular(config.root / CACHE / _STAMP))["compilers"]
        return dict(found["told"]) if found["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def record_compilers(config: Config, key: str, told: Mapping[str, object]) -> None:
    """Remember that no compiler had anything to object, beside what is remembered of the last run, which
    this one found to be current."""
    try:
        stamp = json.loads(read_regular(config.root / CACHE / _STAMP))
        stamp["compilers"] = {"key": key, "told": dict(told)}
    except (OSError, ValueError, TypeError, RecursionError):
        return
    _write(config, json.dumps(stamp))


def _names(folder: str) -> list[str]:
    """The names in a folder; of ``abi/*.lock``, those that end so."""
    at, pattern, ending = folder.rpartition("*")
    if not pattern:
        at, ending = folder, ""
    try:
        return sorted(name for name in os.listdir(at) if name.endswith(ending))
    except (FileNotFoundError, NotADirectoryError):
        return []


def record(
    config: Config, run: str, inputs: Mapping[str, str | None], files: Mapping[str, str]
) -> None:
    """Remember that a run succeeded.

    Args:
        run: what :func:`run_key` said before the run.
        inputs: the digest of every description and lock that was read, relative to the configuration; None
            of one that is not there.
        files: the digest of every file in the output folder, relative to it.
    """
    _write(config, json.dumps({"run": run, "inputs": dict(inputs), "files": dict(files)}))


def _write(config: Config, text: str) -> None:
    try:
        write_whole(cache_folder(config.root) / _STAMP, text.encode("utf-8"))
    except OSError:
        return


def run_key(config: Config) -> str:
    """A digest of what a run does, whatever files it reads: the code, the configuration, the tools.

    Raises:
        OSError: something of it cannot be read.
    """
    total = hashlib.sha256()
    for part in _parts(config):
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()


def _is_as_it_was(path: str, sha: str | None) -> bool:
    if sha is None:
        return not os.path.lexists(path)
    data = read_regular(path)
    return digest(data) == sha or text_digest(data) == sha


def _is_still(path: str, sha: str) -> bool:
    data = read_regular(path)
    return digest(data) == sha or digest(unix_ends(data)) == sha


def _is_ours(output: Path, root: Path, files: Iterable[str]) -> bool:
    """Whether a run would write where these files are, and none died while it did."""
    if leads_out(output, root) or os.path.lexists(output / STAGING):
        return False
    folders = {folder for path in files for folder in parents(path)}
    return all(_is_folder(os.path.join(output, folder)) for folder in folders)


def _is_folder(path: str) -> bool:
    found = os.lstat(path)
    return stat.S_ISDIR(found.st_mode) and not is_link(found)


def _parts(config: Config) -> Iterator[bytes]:
    setting = (sorted(config.abi), config.output, config.outputs, sorted(config.releases))
    yield repr((sys.version_info[:3], setting)).encode()
    yield from _generator()
    for entry in sys.path:
        if entry.endswith("-packages") and os.path.isdir(entry):
            found = [name for name in os.listdir(entry) if name.lower().startswith(_TOOLS)]
            yield repr(sorted(found)).encode()


def _generator() -> Iterator[bytes]:
    """The code and the templates of abilock."""
    for root in (os.path.dirname(os.path.dirname(__file__)), str(template_root())):
        for folder, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(names):
                if name.endswith(_SOURCES):
                    path = os.path.join(folder, name)
                    yield path.encode("utf-8", "surrogateescape")
                    with open(path, "rb") as stream:
                        yield stream.read()
