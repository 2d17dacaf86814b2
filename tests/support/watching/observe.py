"""Builds plugins and hosts of two descriptions, and lets each host work with each plugin in a process."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from abilock.compat.outcomes import Outcome
from support.library import library_of
from support.pairs.base import Pair
from support.rendering import unformatted
from support.watching.sides import host_source, plugin_source

HERE = Path(__file__).parent
#: As strict about pointers as compilers of C are today.
_STRICT = ("-Werror=incompatible-pointer-types", "-Werror=int-conversion", "-Werror=implicit")
_FLAGS = ("-std=gnu11", "-O0", *_STRICT, "-fPIC", "-shared", f"-I{HERE}")


@dataclass(frozen=True, slots=True)
class Mix:
    """What was seen of a plugin and a host: outcomes, and the lines that tell them.

    ``compiled``: what the compiler said instead, if it refused one of them.
    """

    outcomes: frozenset[Outcome]
    lines: tuple[str, ...]
    compiled: str = ""

    @property
    def bad(self) -> frozenset[Outcome]:
        return frozenset(each for each in self.outcomes if not each.is_fine)


@dataclass(frozen=True, slots=True)
class Observed:
    """``old`` and ``new``: either release by itself. ``binary``, ``source``: old plugin and new host,
    then new plugin and old host; in ``source`` the older one is compiled against the newer header."""

    old: Mix
    new: Mix
    binary: tuple[Mix, Mix]
    source: tuple[Mix, Mix]


def observe(
    pairs: Iterable[Pair], folder: Path, cc: Sequence[str], jobs: int = 2
) -> Mapping[str, Observed]:
    """What is seen of each pair, by its name."""
    workshop = _Workshop(folder, cc)
    plans = {each.slug: workshop.plan(each) for each in pairs}
    with ThreadPoolExecutor(jobs) as pool:
        builds = dict.fromkeys(build for plan in plans.values() for build in plan.builds)
        list(pool.map(workshop.build, builds))
        return dict(zip(plans, pool.map(workshop.observe, plans.values()), strict=True))


@dataclass(frozen=True, slots=True)
class _Build:
    """A library: a role, whose source and whose header."""

    role: str
    sources: Path
    headers: Path


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the sources of a pair are."""

    old: Path
    new: Path

    @property
    def builds(self) -> tuple[_Build, ...]:
        return tuple(
            _Build(role, sources, headers)
            for role in ("plugin", "host")
            for sources, headers in (
                (self.old, self.old),
                (self.new, self.new),
                (self.old, self.new),
            )
        )


class _Workshop:
    def __init__(self, folder: Path, cc: Sequence[str]) -> None:
        self._folder = folder
        self._cc = cc
        self._built: dict[_Build, tuple[Path, str]] = {}
        self._sources: dict[tuple[object, ...], Path] = {}
        self._watch = folder / "watch"
        flags = ("-std=gnu11", "-O1", "-rdynamic", "-Wall", "-Wextra", "-Werror")
        run = (*cc, *flags, str(HERE / "watch.c"), "-o", str(self._watch), "-ldl", "-lpthread")
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def plan(self, pair: Pair) -> _Plan:
        return _Plan(self._side(pair.old, ()), self._side(pair.new, pair.same))

    def observe(self, plan: _Plan) -> Observed:
        plugins = {
            each: self._built[_Build("plugin", *each)]
            for each in ((plan.old, plan.old), (plan.new, plan.new), (plan.old, plan.new))
        }
        hosts = {each: self._built[_Build("host", *each)] for each in plugins}
        old, new, again = plugins
        return Observed(
            old=self._run(plugins[old], hosts[old]),
            new=self._run(plugins[new], hosts[new]),
            binary=(self._run(plugins[old], hosts[new]), self._run(plugins[new], hosts[old])),
            source=(
                self._run(plugins[again], hosts[new], "again"),
                self._run(plugins[new], hosts[again], "again"),
            ),
        )

    def _side(self, text: str, same: Sequence[tuple[str, str]]) -> Path:
        """A folder with the header, and the sources of plugin and host."""
        key = (text, tuple(same))
        if key not in self._sources:
            library = library_of(text)
            folder = self._folder / f"side{len(self._sources)}"
            folder.mkdir()
            for path, header in unformatted(library, "header").items():
                (folder / Path(path).name).write_text(header, "utf-8")
            (folder / "plugin.c").write_text(plugin_source(library, same), "utf-8")
            (folder / "host.c").write_text(host_source(library, same), "utf-8")
            self._sources[key] = folder
        return self._sources[key]

    def build(self, wanted: _Build) -> None:
        """The library, or what the compiler said if there is none."""
        made = wanted.headers / f"{wanted.role}_of_{wanted.sources.name}.so"
        source = wanted.sources / f"{wanted.role}.c"
        again = () if wanted.sources == wanted.headers else ("-DWATCH_AGAIN",)
        command = (*self._cc, *_FLAGS, *again, f"-I{wanted.headers}", str(source), "-o", str(made))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or wanted.sources != wanted.headers, done.stderr
        self._built[wanted] = made, done.stderr if done.returncode else ""

    def _run(self, plugin: tuple[Path, str], host: tuple[Path, str], *again: str) -> Mix:
        said = plugin[1] or host[1]
        if said:
            return Mix(frozenset({Outcome.DOES_NOT_COMPILE}), (), said)
        command = (str(self._watch), str(plugin[0]), str(host[0]), *again)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        lines = tuple(done.stdout.splitlines())
        assert done.returncode != 2, done.stderr
        found = {Outcome[line.split(" ")[0]] for line in lines if line != "end"}
        if not lines or lines[-1] != "end":
            lines = (*lines, f"died of {-done.returncode}")
        return Mix(frozenset(found), lines)
