"""The configuration: the ``[tool.abilock]`` table of a ``pyproject.toml``.

[tool.abilock]
abi = ["abi/shop.abi"]                  # descriptions, relative to this file
output = "generated"                    # one folder per ABI goes here
outputs = ["header", "rust", "docs"]    # all, if left out
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report

FILE_NAME = "pyproject.toml"
#: Names of ``abilock.outputs.OUTPUTS``, which a configuration can be read without importing.
OUTPUT_NAMES = ("header", "rust", "layout", "layout_tests", "docs", "cffi")
_KEYS = ("abi", "output", "outputs")


@dataclass(frozen=True, slots=True)
class Config:
    """``path``: the file it was read from. ``abi`` and ``output`` are relative to its folder, with
    forward slashes."""

    path: Path
    abi: tuple[str, ...]
    output: str
    outputs: tuple[str, ...]

    @property
    def root(self) -> Path:
        return self.path.parent

    @property
    def output_folder(self) -> Path:
        return self.root / self.output


def find_config(start: Path, report: Report) -> Config | None:
    """The configuration of the folder ``start``: in it, or in the nearest folder above that has one."""
    for folder in (start, *start.parents):
        candidate = folder / FILE_NAME
        if candidate.is_file() and _table(candidate) is not None:
            return load_config(candidate, report)
    report.add(
        catalog.CONFIG_MISSING,
        None,
        f"no {FILE_NAME} with a [tool.abilock] table in {start} or above",
        hint="`abilock init DIR` starts a project; `--config` names another file",
    )
    return None


def load_config(path: Path, report: Report) -> Config | None:
    """The configuration in ``path``, or None after reporting what is wrong with it."""
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        report.add(catalog.CONFIG_MISSING, None, f"cannot read {path}: {error.strerror}")
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        report.add(catalog.CONFIG_INVALID, None, f"{path} is not TOML: {error}")
        return None
    tool = data.get("tool")
    table = tool.get("abilock") if isinstance(tool, dict) else None
    if not isinstance(table, dict):
        report.add(
            catalog.CONFIG_MISSING,
            None,
            f"{path} has no [tool.abilock] table",
            hint='a minimal one is `abi = ["abi/x.abi"]`',
        )
        return None
    return _Reader(path, table, report).config()


def _table(path: Path) -> object:
    """The table, something true if the file cannot be read, or None if it has no such table."""
    try:
        tool = tomllib.loads(path.read_text("utf-8")).get("tool", {})
    except (OSError, ValueError):
        # Not to be passed over: loading it says what is wrong.
        return "unreadable" if "abilock" in _raw(path) else None
    return tool.get("abilock") if isinstance(tool, dict) else None


def _raw(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


class _Reader:
    """Checks one table."""

    def __init__(self, path: Path, table: dict[str, object], report: Report) -> None:
        self._path = path
        self._table = table
        self._report = report
        self._sound = True

    def config(self) -> Config | None:
        for key in self._table:
            if key not in _KEYS:
                near = get_close_matches(key, _KEYS, n=1)
                known = ", ".join(f"`{name}`" for name in _KEYS)
                hint = f"did you mean `{near[0]}`?" if near else f"keys are {known}"
                self._wrong(f"unknown key `{key}`", hint)
        abi = self._strings("abi", ())
        if not abi:
            self._wrong("`abi` lists no description", 'for example `abi = ["abi/x.abi"]`')
        for name in abi:
            self._inside("abi", name)
            if not (self._path.parent / name).is_file():
                self._wrong(f"`abi` names {name}, which is not a file", None)
        output = self._table.get("output", "generated")
        if not isinstance(output, str) or not output:
            self._wrong("`output` is the name of a folder", None)
            output = "generated"
        self._inside("output", output)
        if PurePosixPath(output) == PurePosixPath("."):
            self._wrong("`output` is a folder of its own", "for example `generated`")
        outputs = self._strings("outputs", OUTPUT_NAMES)
        for name in outputs:
            if name not in OUTPUT_NAMES:
                near = get_close_matches(name, OUTPUT_NAMES, n=1)
                self._wrong(
                    f"unknown output `{name}`",
                    f"did you mean `{near[0]}`?"
                    if near
                    else f"outputs are {', '.join(OUTPUT_NAMES)}",
                )
        if not self._sound:
            return None
        ordered = tuple(name for name in OUTPUT_NAMES if name in outputs)
        return Config(self._path, abi, str(PurePosixPath(output)), ordered)

    def _wrong(self, message: str, hint: str | None) -> None:
        self._sound = False
        self._report.add(
            catalog.CONFIG_INVALID, None, f"{self._path}, [tool.abilock]: {message}", hint=hint
        )

    def _strings(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self._table.get(key, list(default))
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            self._wrong(f"`{key}` is a list of strings", None)
            return default
        entries = tuple(str(entry) for entry in value)
        for entry in {entry for entry in entries if entries.count(entry) > 1}:
            self._wrong(f"`{key}` lists {entry} twice", None)
        return entries

    def _inside(self, key: str, name: str) -> None:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or ":" in name:
            self._wrong(
                f"`{key}` names {name!r}, which is not a path inside of this folder",
                "paths are relative, with `/` between their parts",
            )
