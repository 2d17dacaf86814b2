"""What an entry of the handshake writes to a parameter is judged as what it returns: version, slots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.bindings import Bound, Workshop
from support.building import FLAGS, run

DESCRIPTION = """
abi {NAME} 2.40.0;
enum Rv: c_ulong { OK, FAILED = 6 }
struct Version { major: u8, minor: u8 }
struct Build { number: u32, @triple target: *const char? @nul }
vtable Functions {
    @version version: Version,
    @handshake @ok(Rv::OK) fn initialize(@default(null) args: *const void?) -> Rv,
    fn started() -> u32,
}
@handshake @ok(Rv::OK) entry fn get_functions(list: *mut (*const Functions) @out @until(library)) -> Rv;
@handshake entry fn get_build(build: *mut Build @out, level: *mut u32 @out);
"""

SOURCE = r"""
#ifndef MAJOR
#define MAJOR 2
#endif
#ifndef TARGET
#define TARGET NULL
#endif
static uint32_t times;
static Rv initialize(const void *args) {
#ifdef REFUSES
    return Rv_FAILED;
#endif
    times += args == NULL;
    return Rv_OK;
}
static uint32_t started(void) { return times; }
static const Functions functions = {{MAJOR, 40}, initialize, started};
{NAME}_EXPORT Rv get_functions(const Functions **list) {
    *list = &functions;
#ifdef NOTHING
    *list = NULL;
#endif
    return Rv_OK;
}
{NAME}_EXPORT void get_build(Build *build, uint32_t *level) {
    *build = (Build){7, TARGET};
    *level = 3;
}
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_slots_are_called_at_load(bound: Bound) -> None:
    assert bound.plugin.get_functions.started() == 1
    assert bound.plugin.get_build[0].number == 7
    assert bound.plugin.get_build[1] == 3


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ("MAJOR=3", "VersionRefusedError", "version 3.40"),
        ("REFUSES", "NullRegistrationError", "`Functions.initialize` has to accept this host"),
        ("NOTHING", "NullRegistrationError", "came with null"),
        ('TARGET="riscv64-unknown-linux-gnu"', "TargetRefusedError", "riscv64"),
    ],
)
def test_what_a_loader_refuses(
    bound: Bound, mode: str, cc: list[str], tmp_path: Path, change: str, error: str, text: str
) -> None:
    package: Any = bound.package
    folder = Path(bound.plugin.path).parent
    built = tmp_path / "other.so"
    given = (f"-D{change}", f"-I{folder / 'include'}", str(folder / "plugin.c"))
    run(*cc, *FLAGS, *given, "-o", str(built))
    with pytest.raises(getattr(package, error), match=text):
        package.load(built, mode)
