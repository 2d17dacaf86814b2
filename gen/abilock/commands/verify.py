"""``abilock verify --witness FILE…``: what libraries prove of what they were compiled against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from abilock.commands.outcome import BROKEN, FINDINGS, NOTHING_TO_REPORT, Outcome
from abilock.config import Config, find_config, load_config
from abilock.descriptions import root_reader
from abilock.diagnostics import catalog
from abilock.diagnostics.catalog import Code
from abilock.diagnostics.report import Diagnostic, Report
from abilock.layout.target import find_target
from abilock.model.decls import Library, members_of
from abilock.model.naming import WITNESS_PREFIX
from abilock.model.targets import TRIPLES
from abilock.model.version import Version
from abilock.pipeline import read_library
from abilock.progress import Progress
from abilock.source import Span, printable
from abilock.witness.compare import Difference, accepts, described, differences, missing
from abilock.witness.libraries import Image, read_images
from abilock.witness.record import DamagedRecord, Record, read_record
from abilock.witness.scan import BrokenFile

#: The targets of libraries whose records do not name one.
_SYSTEMS = {"ELF": "linux", "PE": "windows", "Mach-O": "darwin"}
_MATCHES, _FITS, _DIFFERS, _REFUSED = "matches", "fits", "differs", "refused"
_UNKNOWN, _DAMAGED, _UNREADABLE = "unknown", "damaged", "unreadable"
_FINE = (_MATCHES, _FITS)


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
        what = (
            f"the ABI `{record.abi}`" if library is None else f"{image.format} for {image.machine}"
        )
        text = f"{file} is of {what}, which nothing here describes, so it proves nothing"
        hint = "name its description with `--abi FILE`, or one that has its target"
        _tell(report, catalog.WITNESS_STRANGE, file, text, hint)
        return made
    groups = described(library, find_target(made.target))
    made.counts = len(groups), sum(len(group) - 1 for group in groups)
    made.differences = tuple(differences(groups, record, library.version))
    made.missing = missing(groups, record)
    made.status = _status(made, record, library)
    if made.status == _REFUSED:
        text = (
            f"{file} was compiled for {record.abi} {record.version}, and {library.source} is"
            f" {library.version}: loaders refuse it, by the rule {library.compat.rule}"
        )
        _tell(report, catalog.WITNESS_VERSION, file, text, "use a plugin of a matching release")
    else:
        for each in made.differences:
            _tell_difference(report, made, each, library)
    return made


def _check(record: Record, image: Image, symbol: str) -> None:
    if symbol != f"{WITNESS_PREFIX}{record.abi}":
        raise DamagedRecord(f"it says that it is of `{record.abi}`")
    if record.pointer_size * 8 != image.bits or record.big_endian is not image.big_endian:
        raise DamagedRecord(f"it is not of {image.format} for {image.machine}, as the library is")


def _status(made: _Library, record: Record, library: Library) -> str:
    if not accepts(library.compat.rule, library.version, record.version):
        return _REFUSED
    if made.differences:
        return _DIFFERS
    return _MATCHES if record.version == library.version else _FITS


def _target(record: Record, image: Image) -> str:
    """The triple of a record, or of a library like its own."""
    if record.target in TRIPLES:
        return record.target
    system = _SYSTEMS[image.format]
    likely = (each for each in TRIPLES if each.startswith(image.machine) and system in each)
    return next(likely, "")


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
