"""Names that the C library takes are escaped where they would clash, and nowhere else."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from clang import cindex

from abilock.model.c_library import is_c_library_name, is_c_macro
from abilock.model.naming import c_enumerator, c_member, c_name

HEADERS = """assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal
    stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string threads time uchar
    wchar wctype""".split()
INCLUDES = "".join(f"#include <{name}.h>\n" for name in HEADERS)
#: Macros that stand in for functions of their name, and what glibc adds to ISO C and POSIX.
FUNCTIONS = re.compile(r"is[a-z]+|atomic_\w+")
ADDED = re.compile(r"LC_(ADDRESS|IDENTIFICATION|MEASUREMENT|NAME|PAPER|TELEPHONE)")


@pytest.mark.parametrize(
    ("name", "member", "at_file_scope"),
    [
        *(
            (name, f"{name}_", f"{name}_")
            for name in "NULL EOF errno stdin INT_MAX INT16_C".split()
        ),
        *((name, f"{name}_", f"{name}_") for name in "assert offsetof UINT_LEAST8_WIDTH".split()),
        *((name, f"{name}_", f"{name}_") for name in "class PRIu64 DBL_EPSILON PATH_MAX".split()),
        *((name, name, f"{name}_") for name in "free FILE std main tm sinf remove div_t".split()),
        *((name, name, name) for name in "count MAX EMPTY SIGNATURE std_ strand sinus".split()),
    ],
)
def test_names_of_the_library(name: str, member: str, at_file_scope: str) -> None:
    assert (c_member(name), c_name(name)) == (member, at_file_scope)


def test_an_enumerator_may_spell_a_macro() -> None:
    assert c_enumerator("SEEK", "SET") == "SEEK_SET_"
    assert c_enumerator("Seek", "SET") == "Seek_SET"


@pytest.mark.tool("gcc")
@pytest.mark.parametrize("standard", ["c99", "c17", "c2x"])
def test_every_macro_of_this_machine_is_known(tmp_path: Path, standard: str) -> None:
    source = tmp_path / "all.c"
    source.write_text(INCLUDES)
    command = ("gcc", f"-std={standard}", "-dM", "-E", source)
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = re.findall(r"^#define ([A-Za-z]\w*)", text, re.MULTILINE)
    assert len(names) > 500
    unknown = [name for name in names if not ADDED.fullmatch(name) and c_member(name) == name]
    assert not [name for name in unknown if not is_c_library_name(name)]
    assert all(FUNCTIONS.fullmatch(name) for name in unknown)


@pytest.mark.tool("gcc")
@pytest.mark.parametrize("standard", ["c99", "c17"])
def test_every_function_and_type_of_this_machine_is_known(tmp_path: Path, standard: str) -> None:
    source = tmp_path / "all.c"
    source.write_text(INCLUDES)
    command = ("gcc", f"-std={standard}", "-E", "-P", source)
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    unit = cindex.Index.create().parse("all.c", ["-w"], unsaved_files=[("all.c", text)])
    names = {cursor.spelling for cursor in unit.cursor.get_children()}
    names = {name for name in names if re.fullmatch(r"[A-Za-z]\w*", name)}
    assert len(names) > 400
    assert not sorted(name for name in names if c_name(name) == name)


def test_the_two_kinds_do_not_overlap() -> None:
    for name in "NULL INT_MAX PRId8 stdin va_arg".split():
        assert is_c_macro(name)
        assert not is_c_library_name(name)
    for name in "FILE malloc sin atomic_load int8_t".split():
        assert is_c_library_name(name)
        assert not is_c_macro(name)
