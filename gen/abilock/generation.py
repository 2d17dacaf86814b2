"""From libraries to files in memory: views → templates → finished text."""

from __future__ import annotations

from collections.abc import Sequence

from abilock.config import Config
from abilock.descriptions import root_reader
from abilock.diagnostics.report import Report
from abilock.emit.fileset import FileSet
from abilock.emit.manifest import digest
from abilock.emit.memory import Memory
from abilock.model.decls import Library
from abilock.outputs import OUTPUTS
from abilock.pipeline import lay_out_all, read_library
from abilock.progress import Progress
from abilock.render.environment import make_environment, render
from abilock.render.formatting import finish


class Generation:
    """What a run makes of the descriptions ``names`` of a configuration.

    ``files`` is everything for the output folder, ``abis`` the description of each path in it,
    ``sources`` the SHA-256 of every description that was read, imports included. ``memory`` holds what
    the formatter said, for whoever may write to save.
    """

    def __init__(self, config: Config, names: Sequence[str], report: Report, progress: Progress):
        self.files = FileSet()
        self.abis: dict[str, str] = {}
        self.sources: dict[str, str] = {}
        self.memory = Memory(config.root)
        self._config = config
        self._report = report
        self._progress = progress
        read = root_reader(config.root)
        libraries = [(name, read_library(name, report, read, progress)) for name in names]
        for path, source in report.sources.items():
            self.sources[path] = digest(source.text.encode("utf-8"))
        if not report.failed:
            for name, library in libraries:
                if library is not None:
                    self._make(name, library)

    def _make(self, name: str, library: Library) -> None:
        self._progress(f"laying out {name}")
        layouts = lay_out_all(library)
        outputs = [output for output in OUTPUTS if output.name in self._config.outputs]
        for output in outputs:
            output.limits(library, layouts, self._report)
        if self._report.failed:
            return
        environment = make_environment()
        for output in outputs:
            self._progress(f"making {output.name} of {name}")
            for page in output.pages(library, layouts):
                path = f"{library.name}/{page.path}"
                self._progress(f"making {path}")
                rendered = render(environment, page.template, page.view)
                text = finish(page.path, rendered, self.memory)
                self.files.add(path, output.name, text, self._report)
                self.abis[path] = name
