"""From libraries to files in memory: views → templates → finished text."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import replace

from abilock.config import Config
from abilock.descriptions import root_reader
from abilock.diagnostics.report import Report
from abilock.emit.fileset import FileSet
from abilock.emit.manifest import digest
from abilock.emit.memory import Memory
from abilock.layout.shapes import Layout
from abilock.lock.shelf import DiskStore, Shelf
from abilock.model.decls import Library
from abilock.model.known import KnownRelease
from abilock.outputs import OUTPUTS
from abilock.pipeline import examine_description, lay_out_all
from abilock.progress import Progress
from abilock.releases.bindings import frozen_bindings
from abilock.releases.known import known_releases
from abilock.releases.reading import report_unreadable
from abilock.render.environment import make_environment, render
from abilock.render.formatting import finish


class Generation:
    """What a run makes of the descriptions ``names`` of a configuration.

    ``files`` is everything for the output folder, ``abis`` the description of each path in it,
    ``libraries`` what each of ``names`` describes, unless it is wrong, ``sources`` the SHA-256 of every
    description that was read, imports included, and of every lock, None for one that is not there.
    ``memory`` holds what the formatter and the judge said, for whoever may write to save. ``unknown``: what
    is wrong with releases of which nothing is known therefore; ``unsure``: the paths of what tells of them.
    """

    def __init__(self, config: Config, names: Sequence[str], report: Report, progress: Progress):
        self.files = FileSet()
        self.abis: dict[str, str] = {}
        self.libraries: dict[str, Library] = {}
        self.sources: dict[str, str | None] = {}
        self.unknown = Report()
        self.unsure: set[str] = set()
        self.memory = Memory(config.root)
        self._outputs = [output for output in OUTPUTS if output.name in config.outputs]
        #: Of every description without errors, by its path.
        self._layouts: dict[str, tuple[Layout, ...]] = {}
        self._read: dict[str, Library | None] = {}
        self._report = report
        self._progress = progress
        self._store = DiskStore(config.root)
        read = root_reader(config.root)
        found = [(name, examine_description(name, report, read, progress)) for name in names]
        # Every description is looked at before anything is made, whatever is wrong with others.
        for name, examined in found:
            if examined is not None:
                progress(f"laying out {name}")
                examined.check_further(self._check_outputs, report)
        frozen = list(frozen_bindings(config, names, report))
        for each in frozen:
            progress(f"laying out {each.library.stem}")
            self._check_frozen(each.library, report)
        for path, source in report.sources.items():
            self.sources[path] = digest(source.text.encode("utf-8"))
        if not report.failed:
            for name, examined in found:
                if examined is not None and examined.library is not None:
                    self.libraries[name] = examined.library
                    self._make_with_known(name, examined.library)
            for each in frozen:
                self._make_with_known(each.description, each.library)

    def _check_outputs(self, library: Library, report: Report) -> None:
        layouts = self._layouts[library.source] = lay_out_all(library)
        for output in self._outputs:
            output.limits(library, layouts, report)

    def _check_frozen(self, library: Library, report: Report) -> None:
        """What a release warns of, nobody can change any more."""
        found = Report()
        self._check_outputs(library, found)
        if found.failed:
            report.take_over(found)

    def _make_with_known(self, name: str, library: Library) -> None:
        """With what is known of its releases, if anything made of it judges plugins."""
        found = Report()
        if any(output.judges for output in self._outputs):
            try:
                library = replace(library, known=self._known(name, library, found))
            except OSError as error:
                report_unreadable(error, found)
        self.unknown.take_over(found)
        self._make(name, library, is_sure=not found.failed)

    def _known(self, name: str, library: Library, report: Report) -> tuple[KnownRelease, ...]:
        shelf = Shelf(self._store, posixpath.dirname(name), library.name)
        lock = shelf.lock(report)
        if lock is None:
            return ()
        text = self._store.read(shelf.lock_path)
        self.sources[shelf.lock_path] = (
            None if text is None else digest(text.encode("utf-8", "surrogateescape"))
        )
        return known_releases(
            library,
            shelf,
            lock,
            self._report.sources,
            self.memory,
            self._read,
            report,
            self._progress,
        )

    def _make(self, name: str, library: Library, *, is_sure: bool) -> None:
        layouts = self._layouts[library.source]
        environment = make_environment()
        for output in self._outputs:
            self._progress(f"making {output.name} of {library.source}")
            for page in output.pages(library, layouts):
                path = f"{library.stem}/{page.path}"
                self._progress(f"making {path}")
                rendered = render(environment, page.template, page.view)
                text = finish(page.path, rendered, self.memory)
                self.files.add(path, output.name, text, self._report)
                self.abis[path] = name
                if page.tells_of_releases and not is_sure:
                    self.unsure.add(path)
