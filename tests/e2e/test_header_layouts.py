"""Our numbers are the compilers' numbers: libclang on every target, gcc and g++ on this machine."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from abilock.host import host_triple
from abilock.layout.engine import lay_out
from abilock.layout.limits import check_limits
from abilock.layout.target import find_target
from abilock.model.c_names import value_c_name
from abilock.model.decls import EnumDecl, Library
from abilock.model.targets import TRIPLES
from support.compilers import STRICT, Answers, ask_compiler, ask_libclang
from support.header_layouts import enums, ours, questions
from support.layout_texts import descriptions
from support.library import library_at, library_of, read_text
from support.rendering import header_text

ROOT = Path(__file__).parents[2]
REAL = sorted((ROOT / "abi").glob("*.abi"))
GOOD = sorted((ROOT / "tests" / "cases" / "good").glob("*.abi"))
#: Types per random description: one parse by a compiler then compares them all.
TYPES = 40

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
#: Shrinking would compile thousands of headers; a failing batch names the type anyway.
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


def _assert_same(library: Library, header: str, triple: str) -> None:
    layout = lay_out(library, find_target(triple))
    options = (*STRICT, "-std=c11")
    theirs = ask_libclang(header, questions(library, layout), triple, options=options)
    _assert_equal(triple, ours(library, layout), theirs)


def _assert_equal(where: str, mine: Answers, theirs: Answers) -> None:
    """No type differs; the message names those that do."""
    different = [
        f"{name}: ours {seen}, the compiler's {theirs[name]}"
        for name, seen in mine.items()
        if theirs[name] != seen
    ]
    assert not different, f"{where}:\n" + "\n".join(different[:3])


@cache
def _real(path: Path) -> tuple[Library, str]:
    """The library of a file, and its header."""
    library = library_at(path)
    return library, header_text(library)


@pytest.mark.parametrize("path", [*REAL, *GOOD], ids=lambda path: str(path.stem))
@pytest.mark.parametrize("triple", TRIPLES)
def test_real_descriptions(path: Path, triple: str) -> None:
    _assert_same(*_real(path), triple)


def test_this_machine(cc: list[str], cxx: list[str], tmp_path: Path) -> None:
    for path in [*REAL, *GOOD]:
        library = library_at(path)
        _assert_same_here(library, cc, cxx, tmp_path)


def _assert_same_here(library: Library, cc: list[str], cxx: list[str], folder: Path) -> None:
    layout = lay_out(library, find_target(host_triple()))
    header = header_text(library)
    for command, language in ((cc, "c"), (cxx, "c++")):
        asked = questions(library, layout)
        theirs = ask_compiler(header, asked, command, folder, language, includes=())
        _assert_equal(" ".join(command), ours(library, layout), theirs)


def _compare_everywhere(text: str) -> None:
    library, report = read_text(text)
    assert library is not None, report.diagnostics[:3]
    check_limits(library, report)
    assert not report.failed
    header = header_text(library)
    for triple in TRIPLES:
        _assert_same(library, header, triple)


@pytest.mark.slow
@settings(max_examples=3, phases=_PHASES, suppress_health_check=_QUIET)
@given(text=descriptions(TYPES))
def test_random_descriptions(text: str) -> None:
    _compare_everywhere(text)


@pytest.mark.slow
@settings(max_examples=50, phases=_PHASES, suppress_health_check=_QUIET)
@given(text=descriptions(TYPES))
def test_two_thousand_random_types_on_every_target(text: str) -> None:
    _compare_everywhere(text)


@pytest.mark.slow
def test_random_descriptions_here(cc: list[str], cxx: list[str], tmp_path: Path) -> None:
    @settings(max_examples=25, phases=_PHASES, suppress_health_check=_QUIET)
    @given(text=descriptions(TYPES))
    def compare(text: str) -> None:
        _assert_same_here(library_of(text), cc, cxx, tmp_path)

    compare()


def test_enum_values_reach_the_header(cc: list[str], tmp_path: Path) -> None:
    """The header's enumerators and constants have the values of the description."""
    for path in [*REAL, *GOOD]:
        library = library_at(path)
        layout = lay_out(library, find_target("x86_64-unknown-linux-gnu"))
        named = {
            (each.name, value.name): value_c_name(each, value)
            for each in library.declarations
            if isinstance(each, EnumDecl)
            for value in each.values
        }
        (tmp_path / "header.h").write_text(header_text(library), "utf-8")
        checks = "".join(
            f'_Static_assert({named[name, value]} == ({number}), "{name}_{value}");\n'
            for name, shape in enums(layout).items()
            for value, number in shape.values
            if -(1 << 63) < number < 1 << 63
        )
        (tmp_path / "values.c").write_text(f'#include "header.h"\n{checks}', "utf-8")
        subprocess.run([*cc, "-std=c11", "-fsyntax-only", "values.c"], cwd=tmp_path, check=True)
