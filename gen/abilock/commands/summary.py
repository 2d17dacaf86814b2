"""What a run changes in ABIs, told by what changed in their descriptions since they were generated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from abilock.config import Config
from abilock.diagnostics.report import Report
from abilock.emit.described import keep_described, made_of
from abilock.model.decls import Library
from abilock.present.change_lines import change_lines
from abilock.releases.earlier import progressed


class Summary:
    """To be made before anything is written: what is told is what changes then.

    Args:
        libraries: those that the run makes, by their descriptions.
        report: has the texts of them all.
    """

    def __init__(self, config: Config, libraries: Mapping[str, Library], report: Report) -> None:
        self._config = config
        self._libraries = libraries
        self._texts = {path: each.text for path, each in report.sources.items()}
        self._made = made_of(config.output_folder, libraries)

    def lines(self, changed: Sequence[str]) -> tuple[str, ...]:
        """Lines for people. ``changed``: the descriptions of which files are written anew."""
        told: list[str] = []
        for path in sorted(set(changed) & set(self._libraries)):
            library = self._libraries[path]
            found = progressed(self._config, library, self._of(library), self._made.get(path))
            if found is not None:
                told += change_lines(library.name, found.verdict, found.since, found.released)
        return tuple(told)

    def keep(self) -> None:
        """Remember, once all is written, from what."""
        made = made_of(self._config.output_folder, self._libraries)
        keep_described(
            self._config.root,
            {path: (digest, self._of(self._libraries[path])) for path, digest in made.items()},
        )

    def _of(self, library: Library) -> dict[str, str]:
        paths = (library.source, *(each.source for each in library.all_imports))
        return {path: self._texts[path] for path in paths}
