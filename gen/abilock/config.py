"""The configuration: the ``[tool.abilock]`` table of a ``pyproject.toml``.

[tool.abilock]
abi = ["abi/shop.abi"]                  # descriptions, relative to this file
output = "generated"                    # one folder per ABI goes here
outputs = ["header", "rust", "docs"]    # all, if left out
releases = ["shop@1.2.0"]               # frozen releases that have outputs of their own
compilers = ["cc", "gcc -m32"]          # whom `abilock check` asks about layouts

[[tool.abilock.accept]]                 # a finding that is agreed on for a while
element = "Shop.sell"
rule = "parameter-added"
reason = "no plugin implements it yet"
until = "1.0.0"
"""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.portable import DEVICES
from abilock.source import SourceFile, Span

if TYPE_CHECKING:
    from abilock.model.version import Version

FILE_NAME = "pyproject.toml"
#: Names of ``abilock.outputs.OUTPUTS``, which a configuration can be read without importing.
OUTPUT_NAMES = ("header", "rust", "layout", "layout_tests", "docs", "report", "cffi")
#: Outputs that are of no use without others.
_NEEDS = {"layout_tests": ("header", "layout", "cffi")}
_KEYS = ("abi", "output", "outputs", "releases", "compilers", "accept")
#: What the keys that are lists look like.
_LISTS = {
    "abi": '["abi/x.abi"]',
    "outputs": '["header", "rust"]',
    "releases": '["x@1.0.0"]',
    "compilers": '["cc", "gcc -m32"]',
}
_NAME_IT = "name a pyproject.toml that can be read; without `--config` the nearest one is taken"
_TOML = "put that line right; https://toml.io says how it is written"
_ACCEPT_KEYS = ("element", "rule", "reason", "until", "abi")
_ACCEPT_EXAMPLE = 'an exception has `element`, `rule`, `reason` and `until = "1.0.0"`, or a date'
_ACCEPT_HEADER = re.compile(
    r"^[ \t]*\[\[[ \t]*tool[ \t]*\.[ \t]*abilock[ \t]*\.[ \t]*accept[ \t]*\]\]", re.M
)
_RULE = re.compile(r"[A-Z][0-9]{4}|[a-z][a-z0-9]*(-[a-z0-9]+)*")
_RELEASE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*@[^@:/\\\s]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A finding that is agreed on for a while.

    Attributes:
        element: the full name of what was changed; or ``Shop.*``, all that is in it.
        rule: the code or the slug of the rule that finds it.
        until: the version of the ABI, or the day, from which on it is a finding again.
        abi: the name of the ABI that it is of; empty for any.
        span: where this stands in the configuration, None if that cannot be told.
    """

    element: str
    rule: str
    reason: str
    until: Version | date
    abi: str = ""
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Config:
    """``path``: the file it was read from. ``abi`` and ``output`` are relative to its folder, with
    forward slashes. ``releases``: names such as ``shop@1.2.0``. ``compilers``: commands; None if none is
    said. ``source``: its text, if ``accept`` points into it."""

    path: Path
    abi: tuple[str, ...]
    output: str
    outputs: tuple[str, ...]
    accept: tuple[Acceptance, ...] = ()
    source: SourceFile | None = field(default=None, compare=False, repr=False)
    releases: tuple[str, ...] = ()
    compilers: tuple[str, ...] | None = None

    @property
    def root(self) -> Path:
        return self.path.parent

    @property
    def output_folder(self) -> Path:
        return self.root / self.output


def find_config(start: Path, report: Report) -> Config | None:
    """The configuration of the folder ``start``: in it, or in the nearest folder above that has one."""
    for folder in (start, *start.parents):
        path = folder / FILE_NAME
        if not path.is_file():
            continue
        found = _read(path)
        # A file that cannot be read may be the one that is meant, so it is not passed over.
        if found.problem or found.table is not None:
            return _config(path, found, report)
    report.add(
        catalog.CONFIG_MISSING,
        None,
        f"no {FILE_NAME} with a [tool.abilock] table in {start} or above",
        hint="`abilock init DIR` starts a project; `--config` names another file",
    )
    return None


def load_config(path: Path, report: Report) -> Config | None:
    """The configuration in ``path``, or None after reporting what is wrong with it."""
    if path.exists() and not path.is_file():
        report.add(catalog.CONFIG_MISSING, None, f"cannot read {path}: not a file", hint=_NAME_IT)
        return None
    return _config(path, _read(path), report)


@dataclass(frozen=True, slots=True)
class _Found:
    """A file as TOML. ``table`` is what stands at ``tool.abilock``; ``problem`` says why that is not
    known, and what to do."""

    table: object = None
    problem: tuple[catalog.Code, str, str] | None = None
    text: str = ""


def _read(path: Path) -> _Found:
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = f"cannot read {path}: {error.strerror or error}"
        return _Found(problem=(catalog.CONFIG_MISSING, reason, _NAME_IT))
    try:
        text = data.decode("utf-8")
        tool = tomllib.loads(text).get("tool")
    except (ValueError, RecursionError) as error:
        return _Found(problem=(catalog.CONFIG_INVALID, f"{path} is not TOML: {error}", _TOML))
    return _Found(tool.get("abilock") if isinstance(tool, dict) else None, text=text)


def _config(path: Path, found: _Found, report: Report) -> Config | None:
    if found.problem:
        code, message, hint = found.problem
        report.add(code, None, message, hint=hint)
        return None
    if not isinstance(found.table, dict):
        report.add(
            catalog.CONFIG_MISSING,
            None,
            f"{path} has no [tool.abilock] table",
            hint='a minimal one is `abi = ["abi/x.abi"]`',
        )
        return None
    source = SourceFile(path.name, found.text) if "accept" in found.table else None
    return _Reader(path, found.table, source, report).config()


class _Reader:
    """Checks one table."""

    def __init__(
        self, path: Path, table: dict[str, object], source: SourceFile | None, report: Report
    ) -> None:
        self._path = path
        self._table = table
        self._source = source
        self._report = report
        self._sound = True

    def config(self) -> Config | None:
        for key in self._table:
            if key not in _KEYS:
                self._wrong(f"unknown key `{key}`", _suggest(key, "keys", _KEYS))
        abi = self._paths("abi")
        output = self._table.get("output", "generated")
        if not isinstance(output, str) or not output:
            self._wrong("`output` is the name of a folder", "for example `generated`")
        elif self._is_inside("output", output) and PurePosixPath(output) == PurePosixPath("."):
            self._wrong("`output` is a folder of its own", "for example `generated`")
        elif any(_is_unfit(part) for part in PurePosixPath(output).parts):
            self._wrong(
                f"`output` names {output!r}, which is kept for others, or no folder on every system",
                "for example `generated`",
            )
        elif held := _first_within(output, abi):
            self._wrong(
                f"`output` is {output}, and {held} is in it: what is generated has a folder of its own",
                "for example `generated`",
            )
        outputs = self._strings("outputs", OUTPUT_NAMES) or ()
        self._refuse_repeated("outputs", outputs)
        for name in outputs:
            if name not in OUTPUT_NAMES:
                self._wrong(f"unknown output `{name}`", _suggest(name, "outputs", OUTPUT_NAMES))
        for name, needed in _NEEDS.items():
            missing = [other for other in needed if other not in outputs]
            if name in outputs and missing:
                listed = ", ".join(f'"{other}"' for other in missing)
                self._wrong(f"`{name}` tests what other outputs make", f"add {listed} to `outputs`")
        releases = self._strings("releases", ()) or ()
        self._refuse_repeated("releases", releases)
        for name in releases:
            if not _RELEASE.fullmatch(name):
                self._wrong(
                    f"`releases` names {name!r}, which is no release", "for example `shop@1.2.0`"
                )
        compilers = self._compilers() if "compilers" in self._table else None
        accept = self._acceptances() if "accept" in self._table else ()
        if not self._sound:
            return None
        ordered = tuple(name for name in OUTPUT_NAMES if name in outputs)
        folder = str(PurePosixPath(str(output)))
        return Config(self._path, abi, folder, ordered, accept, self._source, releases, compilers)

    def _wrong(self, message: str, hint: str) -> None:
        self._sound = False
        self._report.add(
            catalog.CONFIG_INVALID, None, f"{self._path}, [tool.abilock]: {message}", hint=hint
        )

    def _paths(self, key: str) -> tuple[str, ...]:
        """The files that a key lists, each in its shortest form, so that it has one name only."""
        names = self._strings(key, ())
        if names is None:
            return ()
        if not names:
            self._wrong(f"`{key}` lists no description", f"for example `{key} = {_LISTS[key]}`")
        inside = [str(PurePosixPath(name)) for name in names if self._is_inside(key, name)]
        for name in inside:
            if not (self._path.parent / name).is_file():
                self._wrong(
                    f"`{key}` names {name}, which is not a file",
                    f"paths start at the folder of {self._path.name}",
                )
        self._refuse_repeated(key, inside)
        return tuple(inside)

    def _compilers(self) -> tuple[str, ...]:
        commands = self._strings("compilers", ()) or ()
        self._refuse_repeated("compilers", commands)
        for command in commands:
            if not command.strip() or words_of(command) is None:
                self._wrong(
                    f"`compilers` names {command!r}, which is no command",
                    "for example `gcc -m32`; what has blanks in it stands in quotes",
                )
        return commands

    def _acceptances(self) -> tuple[Acceptance, ...]:
        tables = self._table["accept"]
        if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
            self._wrong(
                "`accept` is a list of tables", "each starts with `[[tool.abilock.accept]]`"
            )
            return ()
        spans = self._acceptance_spans(len(tables))
        found: list[Acceptance] = []
        for number, (table, span) in enumerate(zip(tables, spans, strict=True), 1):
            made = self._acceptance(f"`accept` number {number}", table, span)
            if made is None:
                continue
            if any(
                (made.element, made.rule, made.abi) == (o.element, o.rule, o.abi) for o in found
            ):
                self._wrong(
                    f"`accept` lists `{made.rule}` of `{made.element}` twice",
                    "leave one of them out",
                )
            found.append(made)
        return tuple(found)

    def _acceptance_spans(self, count: int) -> Sequence[Span | None]:
        """Where the tables start; TOML's reader does not tell, and there are other ways to write them."""
        if self._source is None:
            return (None,) * count
        places = list(_ACCEPT_HEADER.finditer(self._source.text))
        if len(places) != count:
            return (None,) * count
        return [Span(self._source.path, place.start(), place.end()) for place in places]

    def _acceptance(
        self, name: str, table: dict[str, object], span: Span | None
    ) -> Acceptance | None:
        before = len(self._report.diagnostics)
        for key in table:
            if key not in _ACCEPT_KEYS:
                self._wrong(f"{name}: unknown key `{key}`", _suggest(key, "keys", _ACCEPT_KEYS))
        texts: dict[str, str] = {}
        for key in ("element", "rule", "reason", "abi"):
            value = table.get(key, "" if key == "abi" else None)
            if value is None:
                self._wrong(f"{name} has no `{key}`", _ACCEPT_EXAMPLE)
            elif not isinstance(value, str) or (not value.strip() and (key in table)):
                self._wrong(f"{name}: `{key}` is text, and not empty", _ACCEPT_EXAMPLE)
            else:
                texts[key] = " ".join(value.split())
        element, rule = texts.get("element", ""), texts.get("rule", "")
        if "*" in element.removesuffix(".*") and element != "*":
            self._wrong(
                f"{name}: `*` stands for all that is in something, and ends `element`",
                "name the element, or write `Shop.*`",
            )
        if rule and not _RULE.fullmatch(rule):
            self._wrong(
                f"{name}: `rule` is a code or its name, and not {rule!r}",
                "for example `C0102` or `slot-inserted`; findings name theirs",
            )
        until = self._end(name, table.get("until"))
        if until is None or len(self._report.diagnostics) > before:
            return None
        return Acceptance(element, rule, texts["reason"], until, texts["abi"], span)

    def _end(self, name: str, value: object) -> Version | date | None:
        from abilock.model.version import Version

        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if value is None:
            self._wrong(f"{name} has no `until`", _ACCEPT_EXAMPLE)
            return None
        if isinstance(value, str):
            version, day = Version.parse(value), parse_date(value)
            if version or day:
                return version or day
        self._wrong(
            f"{name}: `until` is a version or a date, and not {str(value)!r}",
            'for example `until = "1.0.0"` or `until = 2030-01-31`',
        )
        return None

    def _strings(self, key: str, default: tuple[str, ...]) -> tuple[str, ...] | None:
        value = self._table.get(key, list(default))
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            self._wrong(f"`{key}` is a list of strings", f"for example `{key} = {_LISTS[key]}`")
            return None
        return tuple(value)

    def _refuse_repeated(self, key: str, entries: Sequence[str]) -> None:
        for entry in dict.fromkeys(entries):
            if entries.count(entry) > 1:
                self._wrong(f"`{key}` lists {entry} twice", "leave one of them out")

    def _is_inside(self, key: str, name: str) -> bool:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or any(char in name for char in "\\\0:"):
            self._wrong(
                f"`{key}` names {name!r}, which is not a path inside of this folder",
                "paths are relative, with `/` between their parts",
            )
            return False
        return True


def parse_date(text: str) -> date | None:
    """The day that ``2030-01-31`` spells, or None if it spells none."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def words_of(command: str) -> tuple[str, ...] | None:
    """A command as a shell takes it apart; None if it cannot, as where a quote is left open."""
    try:
        return tuple(shlex.split(command, posix=os.name != "nt"))
    except ValueError:
        return None


def _first_within(folder: str, files: Sequence[str]) -> str | None:
    """The first file in a folder, at whatever depth; some systems do not tell cases apart."""
    around = PurePosixPath(folder.casefold())
    return next((each for each in files if around in PurePosixPath(each.casefold()).parents), None)


def _is_unfit(part: str) -> bool:
    """Whether a folder of that name belongs to git or to abilock, or cannot be on every system."""
    folded = part.lower()
    return (
        folded == ".git"
        or folded.startswith(".abilock")
        or folded.split(".")[0].rstrip() in DEVICES
        or part != part.strip()
        or (part.endswith(".") and part != "..")
        or any(char in '<>"|?*' or not char.isprintable() for char in part)
    )


def _suggest(name: str, what: str, known: tuple[str, ...]) -> str:
    # Imported here because it is a tenth of what a run costs that has nothing to do.
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"{what} are {', '.join(f'`{one}`' for one in known)}"
