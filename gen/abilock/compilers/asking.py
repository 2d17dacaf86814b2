"""Asks compilers what they make of headers and modules, once: what one has said is remembered.

An answer is kept under all that it depends on: the compiler, and the text. Whoever did not answer is asked
again by the next run.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from abilock.compilers.commands import Compiler
from abilock.compilers.comparing import contradictions
from abilock.compilers.machines import Machine, machine_of
from abilock.compilers.probe import answers_of, header_text, probe_text, questions, read_numbers
from abilock.compilers.running import PATIENCE, Failed, run
from abilock.compilers.rust import Rust, has_no_library
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Diagnostic, Note, Report
from abilock.layout.shapes import Layout
from abilock.memory import Memory
from abilock.model.decls import Library
from abilock.progress import Progress

#: Compilers that take other options than these, by the names of their programs.
_OTHER_OPTIONS = ("cl", "clang-cl", "icx-cl")


@dataclass
class Asked:
    """What came of it: a line for each compiler that was not asked, and for scripts all of them."""

    remarks: list[str] = field(default_factory=list)
    data: list[dict[str, object]] = field(default_factory=list)


def ask_all(
    compilers: Sequence[Compiler],
    libraries: Mapping[str, tuple[Library, tuple[Layout, ...]]],
    root: Path,
    memory: Memory,
    report: Report,
    progress: Progress,
    patience: float = PATIENCE,
    modules: Mapping[str, Mapping[str, str]] | None = None,
) -> Asked:
    """Report every layout of the libraries that a compiler has otherwise, and every compiler that cannot
    say.

    Args:
        libraries: by their descriptions, with their layouts on all of their targets.
        root: where compilers are run; arguments of theirs may be paths from there.
        modules: of the same descriptions, the files of the Rust module by their names, its own first.
    """
    asked = Asked()
    headers: dict[str, str] = {}
    for compiler in compilers:
        progress(f"asking {compiler.text}")
        with tempfile.TemporaryDirectory(prefix="abilock-") as scratch:
            one = _One(compiler, root, Path(scratch), memory, report, patience)
            if compiler.is_rust:
                said, targets = one.ask_rust(libraries, modules or {})
            else:
                said, targets = one.ask(libraries, headers)
        if said is not None:
            asked.remarks.append(f"`{compiler.text}` {said}; it was not asked about layouts")
        asked.data.append({"command": compiler.text, "targets": targets, "not_asked": said})
    return asked


class _One:
    """Asks one compiler."""

    def __init__(
        self,
        compiler: Compiler,
        root: Path,
        scratch: Path,
        memory: Memory,
        report: Report,
        patience: float,
    ) -> None:
        self._compiler = compiler
        self._root = root
        self._scratch = scratch
        self._memory = memory
        self._report = report
        self._patience = patience

    def ask(
        self,
        libraries: Mapping[str, tuple[Library, tuple[Layout, ...]]],
        headers: dict[str, str],
    ) -> tuple[str | None, list[str]]:
        """Why it was not asked, if so, and the target for which it was."""
        if not self._compiler.program:
            return "is not here", []
        if Path(self._compiler.program).stem.lower() in _OTHER_OPTIONS:
            return "does not take the options of gcc and clang", []
        machine = self._machine()
        if machine is None:
            return None, []
        fitting = {
            path: (library, layout)
            for path, (library, layouts) in libraries.items()
            for layout in layouts
            if layout.target.triple == machine.triple
        }
        if not fitting:
            target = machine.triple or "a target that abilock does not know"
            return f"compiles for {target}, which is no target of what was checked", []
        for path, (library, layout) in fitting.items():
            if path not in headers:
                headers[path] = header_text(library)
            self._ask_about(path, library, layout, machine, headers[path])
        return None, [machine.triple] if machine.triple else []

    def ask_rust(
        self,
        libraries: Mapping[str, tuple[Library, tuple[Layout, ...]]],
        modules: Mapping[str, Mapping[str, str]],
    ) -> tuple[str | None, list[str]]:
        """As above, of a compiler for Rust: whether modules compile, with the layouts that they state."""
        if not self._compiler.program:
            return "is not here", []
        if not modules:
            return "has no Rust modules to compile", []
        rust = Rust(self._compiler, self._root, self._scratch, self._memory, self._patience)
        found = rust.target()
        if isinstance(found, Failed):
            return found.why, []
        triple, version = found
        fitting = [
            path
            for path in modules
            if path in libraries
            and any(triple == layout.target.triple for layout in libraries[path][1])
        ]
        if not fitting:
            return f"compiles for {triple}, which is no target of what was checked", []
        for path in fitting:
            failed = rust.compiles(version, modules[path])
            if failed is not None and has_no_library(failed):
                return f"has no `core` for {triple}", []
            if failed is not None:
                self._failed(failed, path, "Rust module")
        return None, [triple]

    def _machine(self) -> Machine | None:
        key = self._compiler.key("machine", "")
        known = self._memory.get(key)
        if known is None:
            source = self._scratch / "machine.c"
            source.write_text("\n", "utf-8")
            said = self._run("-dM", "-E", str(source))
            if isinstance(said, Failed):
                self._failed(said, None)
                return None
            machine = machine_of(said)
            self._memory[key] = json.dumps([machine.triple, machine.is_cpp, machine.is_old])
            return machine
        triple, is_cpp, is_old = json.loads(known)
        return Machine(triple, bool(is_cpp), bool(is_old))

    def _ask_about(
        self, path: str, library: Library, layout: Layout, machine: Machine, header: str
    ) -> None:
        asked = questions(library, layout, has_bit_fields=not machine.is_cpp)
        text = probe_text(header, asked)
        key = self._compiler.key("layouts", text)
        known = self._memory.get(key)
        if known is not None:
            numbers = tuple(json.loads(known))
        else:
            written = self._compile(path, text, machine)
            if written is None:
                return
            found = read_numbers(written, asked)
            if found is None:
                why = "writes objects in which nothing of what was compiled can be found"
                self._failed(Failed(why), path)
                return
            numbers = found
            self._memory[key] = json.dumps(numbers)
        answers = answers_of(numbers, asked)
        for each in contradictions(library, layout, answers, self._compiler):
            self._report.include(each)

    def _compile(self, path: str, text: str, machine: Machine) -> bytes | None:
        source, made = self._scratch / "probe.c", self._scratch / "probe.o"
        source.write_text(text, "utf-8", newline="\n")
        made.unlink(missing_ok=True)
        standard = ("-std=gnu11",) if machine.is_old else ()
        # Compilers without a library for their target bring the three headers that are included. Nothing
        # uses the numbers, which is no reason to leave them out.
        options = ("-w", "-ffreestanding", "-fno-lto", "-O0", "-c", str(source), "-o", str(made))
        said = self._run(*standard, *options)
        if isinstance(said, Failed):
            self._failed(said, path)
            return None
        try:
            return made.read_bytes()
        except OSError:
            self._failed(Failed("ends as if all were well, and writes no object"), path)
            return None

    def _run(self, *arguments: str) -> str | Failed:
        return run(self._compiler, arguments, self._root, self._patience)

    def _failed(self, failed: Failed, path: str | None, what: str = "header") -> None:
        """``path``: the description of ``what`` it was given; None if it was given nothing yet."""
        of = f", given the {what} of {path}" if path is not None else ""
        language = "Rust" if self._compiler.is_rust else "C"
        scratch = str(self._scratch)
        self._report.include(
            Diagnostic(
                catalog.COMPILER_FAILED,
                f"`{self._compiler.text}` {failed.why}{of}",
                None,
                f"see that it compiles {language} by itself; `compilers` in the configuration names those"
                " that are asked, and `compilers = []` none",
                tuple(Note(each.replace(f"{scratch}/", "")) for each in failed.lines),
                subject=path,
            )
        )
