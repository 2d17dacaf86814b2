"""``abilock verify --witness FILE…``: what libraries prove of what they were compiled against."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from abilock.commands.outcome import BROKEN, FINDINGS, NOTHING_TO_REPORT, Outcome
from abilock.compat.versions import release_of, takes
from abilock.config import Config, find_config, load_config
from abilock.descriptions import root_reader
from abilock.diagnostics import catalog
from abilock.diagnostics.catalog import Code
from abilock.diagnostics.report import Diagnostic, Report
from abilock.layout.target import find_target
from abilock.lock.shelf import DiskStore, Shelf
from abilock.model.decls import Library, members_of
from abilock.model.known import Fit, KnownRelease
from abilock.model.naming import WITNESS_PREFIX
from abilock.model.targets import TRIPLES
from abilock.model.version import Version
from abilock.pipeline import read_library
from abilock.progress import Progress
from abilock.releases.known import known_release
from abilock.source import Span, printable
from abilock.witness.compare import (
    Difference,
    accepts,
    described,
    differences,
    missing,
    told_promise,
)
from abilock.witness.libraries import Image, read_images
from abilock.witness.record import DamagedRecord, Record, read_record
from abilock.witness.scan import BrokenFile

#: The targets of libraries whose records do not name one.
_SYSTEMS = {"ELF": "linux", "PE": "windows", "Mach-O": "darwin"}
_MATCHES, _FITS, _DIFFERS, _REFUSED = "matches", "fits", "differs", "refused"
_UNKNOWN, _DAMAGED, _UNREADABLE = "unknown", "damaged", "unreadable"
_FINE = (_MATCHES, _FITS)
#: A release, and how hosts of a description fare with its plugins.
_Release: TypeAlias = tuple[Library, KnownRelease]


@dataclass(slots=True)
class _Library:
    """What is known of one witness, or of a library without one."""

    file: str
    status: str
    image: Image | None = None
    record: Record | None = None
    target: str = ""
    library: Library | None = None
    missing: tuple[tuple[str, Version], ...] = ()
    differences: tuple[Difference, ...] = ()
    counts: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class _Descriptions:
    """The descriptions that libraries are held against, each read once."""

    report: Report
    given: Library | None
    config: Config | None
    progress: Progress
    known: dict[str, Library | None] = field(default_factory=dict)
    releases: dict[tuple[str, Version], _Release | None] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """What sources of descriptions are relative to."""
        return self.config.root if self.config is not None and self.given is None else Path()

    def find(self, abi: str) -> Library | None:
        """That of an ABI: the one that was given, or the one that is configured."""
        if self.given is not None:
            return self.given if self.given.name == abi else None
        if self.config is None:
            return None
        # Files are called as their ABIs are, more often than not.
        files = sorted(self.config.abi, key=lambda file: Path(file).stem != abi)
        for file in files:
            if file not in self.known:
                self.known[file] = _read(file, self.report, self.progress, self.config)
            found = self.known[file]
            if found is not None and found.name == abi:
                return found
        return None

    def promised(self, library: Library, found: Difference) -> str:
        """What was promised where something was compiled with other promises: that of the release which
        has the same fingerprint there; nothing if no release has."""
        lock = self._shelf(library).lock(Report()) if found.contract is not None else None
        for release in reversed(lock.releases if lock is not None else ()):
            known = self._known(library, release.version)
            for each in known[1].promises if known is not None else ():
                if (each.element, each.contract) == (found.element, found.contract):
                    return told_promise(release.version, each.text)
        return ""

    def _shelf(self, library: Library) -> Shelf:
        folder = os.path.dirname(library.source)
        folder = folder.removesuffix(f"history/{library.name}").rstrip("/")
        return Shelf(DiskStore(self.root), folder, library.name)

    def release(self, library: Library, version: Version) -> _Release | None:
        """What the lock beside a description has of a version, if that is another one."""
        return None if version == library.version else self._known(library, version)

    def _known(self, library: Library, version: Version) -> _Release | None:
        key = library.source, version
        if key not in self.releases:
            self.progress(f"judging {library.name} {version}")
            self.releases[key] = known_release(library, self._shelf(library), version)
        return self.releases[key]


def verify(
    files: Sequence[str], *, abi: str | None, config: str | None, progress: Progress
) -> Outcome:
    """Hold the witnesses of libraries against descriptions. The libraries are read and not loaded."""
    report = Report()
    given, configured = None, None
    if abi is not None:
        given = _read(abi, report, progress)
        if given is None:
            return Outcome(BROKEN, report=report)
    elif config is not None:
        configured = load_config(Path(config), report)
        if configured is None:
            return Outcome(BROKEN, report=report)
    else:
        # Without one, libraries can be read, and not be held against anything.
        configured = find_config(Path.cwd(), Report())
    descriptions = _Descriptions(report, given, configured, progress)
    found: list[_Library] = []
    for file in files:
        progress(f"reading {file}")
        found.extend(_judged(file, descriptions, report))
    states = {each.status for each in found}
    code = NOTHING_TO_REPORT if states <= set(_FINE) else FINDINGS
    if _UNREADABLE in states or any(one is None for one in descriptions.known.values()):
        code = BROKEN
    return Outcome(
        code,
        "".join(f"{printable(_line(each))}\n" for each in found),
        report,
        data={"libraries": [_data(each) for each in found]},
        is_findings=True,
        root=configured.root if configured is not None else None,
    )


def _read(
    name: str, report: Report, progress: Progress, config: Config | None = None
) -> Library | None:
    """A description. What is only to be warned of is for those who work on it."""
    own = Report()
    reader = None if config is None else root_reader(config.root)
    library = read_library(name, own, reader, progress)
    for source in own.sources.values():
        report.add_source(source)
    if library is None:
        for found in own.diagnostics:
            report.include(found)
    return library


def _judged(file: str, descriptions: _Descriptions, report: Report) -> Iterator[_Library]:
    try:
        images = read_images(Path(file))
    except (BrokenFile, OSError, ValueError) as problem:
        why = (problem.strerror or str(problem)) if isinstance(problem, OSError) else str(problem)
        hint = "give the file of a shared library, as it is loaded"
        _tell(report, catalog.LIBRARY_UNREADABLE, file, f"{file} cannot be read: {why}", hint)
        yield _Library(file, _UNREADABLE)
        return
    for image in images:
        if not image.records:
            _tell(
                report,
                catalog.WITNESS_MISSING,
                file,
                f"{file} proves nothing: it exports no witness{_slice(images, image)}",
                "build it with `NAME_WITNESS;` of the generated header in C, or `name::witness!();` in"
                " Rust, and keep that exported",
            )
            yield _Library(file, _UNKNOWN, image)
        for symbol, data in sorted(image.records.items()):
            yield _witness(file, image, symbol, data, descriptions, report)


def _slice(images: tuple[Image, ...], image: Image) -> str:
    return f" for {image.machine}" if len(images) > 1 else ""


def _witness(
    file: str, image: Image, symbol: str, data: bytes, descriptions: _Descriptions, report: Report
) -> _Library:
    try:
        record = read_record(data)
        _check(record, image, symbol)
    except DamagedRecord as problem:
        text = f"{file} has a witness that cannot be read, `{symbol}`: {problem}"
        _tell(report, catalog.WITNESS_DAMAGED, file, text, "build it again, or copy it again")
        return _Library(file, _DAMAGED, image)
    made = _Library(file, _UNKNOWN, image, record, _target(record, image))
    made.library = library = descriptions.find(record.abi)
    if library is None or not made.target:
        what = f"the ABI `{record.abi}`" if library is None else _machine(image)
        text = f"{file} is of {what}, which nothing here describes, so it proves nothing"
        hint = "name its description with `--abi FILE`, or one that has its target"
        _tell(report, catalog.WITNESS_STRANGE, file, text, hint)
        return made
    refusal = _judge(made, record, library, descriptions)
    if refusal:
        text = (
            f"{file} was compiled for {record.abi} {record.version}, and {library.source} is"
            f" {library.version}: {refusal}"
        )
        _tell(report, catalog.WITNESS_VERSION, file, text, "use a plugin of a matching release")
    else:
        for each in made.differences:
            _tell_difference(report, made, each, library)
    return made


def _machine(image: Image) -> str:
    """ex) ``ELF for aarch64 with 64 bits, highest byte first``"""
    order = ", highest byte first" if image.big_endian else ""
    return f"{image.format} for {image.machine} with {image.bits} bits{order}"


def _check(record: Record, image: Image, symbol: str) -> None:
    if symbol != f"{WITNESS_PREFIX}{record.abi}":
        raise DamagedRecord(f"it says that it is of `{record.abi}`")
    if record.pointer_size * 8 != image.bits or record.big_endian is not image.big_endian:
        raise DamagedRecord(f"it is not of {image.format} for {image.machine}, as the library is")
    if record.target in TRIPLES and record.target not in _targets(image):
        raise DamagedRecord(
            f"it is of {record.target}, and the library is {image.format} for {image.machine}"
        )


def _told(library: Library, version: Version, release: _Release | None) -> Version | None:
    """What plugins of a release tell loaders, which may be another number than that of the release; None if
    nobody knows the release."""
    if library.compared == str(library.version):
        return version
    if version == library.version:
        return library.compared_version
    return None if release is None else release[0].compared_version


def _is_taken(library: Library, told: Version | None, release: _Release | None) -> bool:
    """Whether loaders take a version, as far as the rule and the lock say: a rule that refuses what is
    known to fit either way only does not know it. Nothing is refused for what nobody knows."""
    if release is not None and library.compat.is_number:
        return takes(release_of(library), release_of(release[0]))
    if told is None or accepts(library.compat.rule, library.compared_version, told):
        return True
    return release is not None and release[1].fit in (Fit.SAME, Fit.FITS)


def _judge(made: _Library, record: Record, library: Library, descriptions: _Descriptions) -> str:
    """Find out what is true of a witness; why it is refused, if it is."""
    groups = described(library, find_target(made.target))
    release = descriptions.release(library, record.version)
    told = _told(library, record.version, release)
    harmless = release[1].witness if release is not None and release[1].is_harmless else None
    made.counts = len(groups), sum(len(group) - 1 for group in groups)
    made.differences = tuple(
        replace(each, message=f"{each.message}{descriptions.promised(library, each)}")
        for each in differences(groups, record, library.version, told, harmless)
    )
    made.missing = missing(groups, record)
    made.status = _REFUSED
    if not _is_taken(library, told, release):
        return f"loaders refuse it, by the rule {library.compat.rule}"
    if made.differences:
        made.status = _DIFFERS
    elif release is not None and release[1].fit is Fit.REFUSED:
        # What no size or signature shows, such as who frees what.
        return f"it is known not to fit, {release[1].reason}"
    else:
        made.status = _MATCHES if record.version == library.version else _FITS
    return ""


def _target(record: Record, image: Image) -> str:
    """The triple of a record, or of a library like its own."""
    return record.target if record.target in TRIPLES else next(_targets(image), "")


def _targets(image: Image) -> Iterator[str]:
    """Those that a library may be for: one machine may have several data models, or both byte orders."""
    for triple in TRIPLES:
        if triple.startswith(image.machine) and _SYSTEMS[image.format] in triple:
            target = find_target(triple)
            told = (target.pointer_size * 8, target.big_endian)
            if told == (image.bits, image.big_endian):
                yield triple


def _tell(
    report: Report, code: Code, file: str, text: str, hint: str, span: Span | None = None
) -> None:
    report.include(Diagnostic(code, text, span, hint, subject=file))


def _tell_difference(report: Report, made: _Library, found: Difference, library: Library) -> None:
    _tell(
        report,
        catalog.WITNESS_DIFFERS,
        made.file,
        f"{made.file}: `{found.element}` was {found.message}",
        f"build the plugin again with the header of {library.name} {library.version}, or give the change"
        " a version of its own",
        _place(library, found.element),
    )


def _place(library: Library, element: str) -> Span | None:
    owner, _, member = element.partition(".")
    declared = library.find(owner)
    inside: Mapping[str | None, Span | None] = {
        each.name: each.span for each in (*members_of(declared), *getattr(declared, "values", ()))
    }
    return inside.get(member.partition(".")[0]) or declared.span


# --- the result


def _line(each: _Library) -> str:
    """ex) ``libmock.so: drasi 0.8.4 for x86_64-unknown-linux-gnu: as abi/drasi.abi describes it``"""
    record, image = each.record, each.image
    if record is None:
        machine = f" ({image.format} for {image.machine})" if image is not None else ""
        return f"{each.file}{machine}: {_SAID[each.status]}"
    where = each.target or "an unknown target"
    told = _SAID.get(each.status, "")
    if each.status == _MATCHES and each.library is not None:
        told = f"as {each.library.source} describes it, {each.counts[0]} declarations"
        told += f" with {each.counts[1]} members and values"
    elif each.status == _FITS and each.library is not None:
        lacks = ", ".join(f"{name} (since {since})" for name, since in each.missing)
        told = f"fits {each.library.version}" + (f", without {lacks}" if lacks else "")
    return f"{each.file}: {record.abi} {record.version} for {where}: {told}"


_SAID = {
    _DIFFERS: "differs from what is described",
    _REFUSED: "of a version that loaders refuse",
    _UNKNOWN: "unknown, it proves nothing",
    _DAMAGED: "damaged",
    _UNREADABLE: "no library",
}


def _data(each: _Library) -> dict[str, object]:
    image, record = each.image, each.record
    return {
        "file": each.file,
        "status": each.status,
        "format": image.format if image is not None else None,
        "machine": image.machine if image is not None else None,
        "bits": image.bits if image is not None else None,
        "abi": record.abi if record is not None else None,
        "version": str(record.version) if record is not None else None,
        "target": each.target or None,
        "size": record.size if record is not None else None,
        "description": each.library.source if each.library is not None else None,
        "described": str(each.library.version) if each.library is not None else None,
        "missing": [{"element": name, "since": str(since)} for name, since in each.missing],
        "differences": [
            {
                "element": found.element,
                "level": "layout" if found.is_layout else "contract",
                "message": found.message,
                "compiled": found.compiled,
                "described": found.described,
            }
            for found in each.differences
        ],
    }
