"""The descriptions that generated files were made from, kept in the cache folder.

Each is kept with a digest of what was made of it. Where other files stand now, as after a checkout or a
merge, nothing is known.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from abilock.diagnostics.report import Report
from abilock.emit.cache import CACHE, cache_folder, write_whole
from abilock.emit.manifest import Manifest, parse_manifest
from abilock.emit.paths import MANIFEST
from abilock.emit.reading import read_regular

_FILE = "described.json"


def made_of(output: Path, descriptions: Iterable[str]) -> dict[str, str]:
    """Digests of what the manifest says was made of descriptions; of those of which something was. Where
    git has put two manifests together they are those of nothing that a run has made."""
    try:
        manifest = parse_manifest(read_regular(output / MANIFEST), MANIFEST, Report())
    except OSError:
        return {}
    if manifest is None:
        return {}
    digests = {path: _digest(manifest, path) for path in descriptions}
    return {path: digest for path, digest in digests.items() if digest is not None}


def _digest(manifest: Manifest, abi: str) -> str | None:
    files = {path: each.digests for path, each in manifest.files.items() if each.abi == abi}
    if not files:
        return None
    return hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()


def described(root: Path, abi: str, made: str) -> Mapping[str, str] | None:
    """The texts of a description and of what it imports, by their paths, from which the files with the
    digest ``made`` were made."""
    found = _read(root).get(abi)
    match found:
        case {"made": str() as digest, "texts": dict() as texts} if digest == made:
            return {str(path): str(text) for path, text in texts.items()}
    return None


def keep_described(root: Path, texts: Mapping[str, tuple[str, Mapping[str, str]]]) -> None:
    """Keep descriptions: by their paths what was made of them, and their texts."""
    told = _read(root) | {
        abi: {"made": made, "texts": dict(files)} for abi, (made, files) in texts.items()
    }
    try:
        write_whole(cache_folder(root) / _FILE, json.dumps(told).encode("utf-8"))
    except OSError:
        return


def _read(root: Path) -> dict[str, object]:
    try:
        found = json.loads(read_regular(root / CACHE / _FILE))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
