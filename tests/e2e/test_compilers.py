"""`abilock check` asks compilers what they make of layouts, and says where they disagree."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from abilock.cli import main
from abilock.compilers import running
from abilock.compilers.asking import ask_all
from abilock.compilers.commands import compilers_of
from abilock.compilers.machines import machine_of
from abilock.compilers.running import Failed, run
from abilock.config import load_config
from abilock.diagnostics.formats.registry import FORMATS
from abilock.diagnostics.report import Report
from abilock.pipeline import lay_out_all, read_library
from abilock.progress import unseen

pytestmark = [pytest.mark.slow, pytest.mark.tool("gcc", "gcc-multilib", "clang")]

PAGE = (Path(__file__).parents[2] / "docs/compilers.md").read_text("utf-8")
ABI = """\
abi shop 1.0.0;

enum Kind { Plain, Rare }

const LIMIT: i32 = -7;
const NAME: str = "shöp";

flags Marks: u32 { NEW = 1, OLD = 0x8000_0000 }

struct Inner { a: u8, b: f64 }

struct Article {
    kind: Kind,
    inner: [Inner; 2],
    head: struct { x: u8, class: u64 },
    letter: wchar_t,
}

union Either { whole: u64, parts: struct { low: u32 : 20, high: i32 : 12 } }

struct Bits { low: u32 : 3, middle: u8 : 6, is_on: bool : 1, kind: c_int : 5, tail: u8 }

@packed(2) struct Tight { a: u8, b: u64, c: u8 }

vtable Shop {
    state: *mut void,
    fn sell(self: const, article: *const Article, letter: wchar_t) -> i32;
}

entry fn shop_open() -> *const Shop?;
"""
ZIG = f"{sys.executable} -m ziglang cc"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "abi").mkdir()
    (tmp_path / "abi/shop.abi").write_text(ABI, "utf-8")
    ask(tmp_path)
    assert main(["generate"]) == 0
    return tmp_path


def ask(root: Path, *commands: str) -> None:
    text = f'[tool.abilock]\nabi = ["abi/shop.abi"]\noutputs = ["layout"]\ncompilers = {list(commands)}\n'
    (root / "pyproject.toml").write_text(text)


def script(root: Path, text: str) -> str:
    path = root / "own-cc"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return "./own-cc"


Check = Callable[..., tuple[int, str, str]]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    def run_it(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["check", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run_it


def findings(check: Check) -> list[dict[str, Any]]:
    _, out, _ = check("--format", "json")
    return list(json.loads(out)["findings"])


# --- compilers that agree


def test_compilers_that_agree_have_nothing_to_say(project: Path, check: Check) -> None:
    ask(project, "gcc", "gcc -m32", "clang", "g++")
    assert check() == (0, "", "generated is up to date\n")
    told = json.loads(check("--format", "json")[1])["compilers"]
    assert [each["targets"] for each in told] == [
        ["x86_64-unknown-linux-gnu"],
        ["i686-unknown-linux-gnu"],
        ["x86_64-unknown-linux-gnu"],
        ["x86_64-unknown-linux-gnu"],
    ]


@pytest.mark.parametrize(
    "command",
    [
        "gcc -O3 -flto -fwhole-program",
        "gcc --coverage -g3",
        "gcc -fsanitize=address",
        "gcc -ansi",
        "gcc -Wall -Wextra -Wpedantic -Werror -fdata-sections -fvisibility=hidden",
        "clang++ -std=c++20",
        "clang --target=x86_64-pc-windows-msvc",
        "clang --target=riscv64-linux-gnu",
    ],
)
def test_options_that_change_no_layout_are_none_of_our_business(
    project: Path, check: Check, command: str
) -> None:
    ask(project, command)
    assert check() == (0, "", "generated is up to date\n")


@pytest.mark.parametrize(
    ("target", "triple"),
    [
        ("s390x-linux-gnu", "s390x-unknown-linux-gnu"),
        ("x86_64-windows-gnu", "x86_64-pc-windows-gnu"),
        ("aarch64-macos", "aarch64-apple-darwin"),
        ("wasm32-freestanding", "wasm32-unknown-unknown"),
        ("arm-linux-gnueabihf", "armv7-unknown-linux-gnueabihf"),
    ],
)
def test_objects_of_all_systems_are_read(
    project: Path, check: Check, target: str, triple: str
) -> None:
    """ELF of either byte order, PE, Mach-O, WebAssembly; and what each of them has otherwise."""
    ask(project, f"{ZIG} -target {target}")
    code, out, err = check("--format", "json")
    assert (code, err) == (0, "generated is up to date\n"), out
    assert json.loads(out)["compilers"][0]["targets"] == [triple]
    ask(project, f"{ZIG} -target {target} -fpack-struct=2")
    assert "Inner" in " ".join(each["message"] for each in findings(check))


# --- compilers that disagree


@pytest.mark.parametrize(
    ("command", "message", "line"),
    [
        (
            "gcc -fshort-enums",
            "`Kind` otherwise on x86_64-unknown-linux-gnu: size 1 instead of 4",
            3,
        ),
        ("clang -fshort-enums", "`Kind` otherwise on x86_64-unknown-linux-gnu: size 1", 3),
        (
            "gcc -fpack-struct=4",
            "`Inner` otherwise on x86_64-unknown-linux-gnu: `b` at offset 4",
            10,
        ),
        (
            "gcc -m32 -malign-double",
            "`Inner` otherwise on i686-unknown-linux-gnu: `b` at offset 8",
            10,
        ),
        (
            "gcc -fshort-wchar",
            "`Article` otherwise on x86_64-unknown-linux-gnu: `letter` with size 2",
            16,
        ),
        (
            "gcc -mms-bitfields",
            "`Bits` otherwise on x86_64-unknown-linux-gnu: `middle` at bit 32",
            21,
        ),
    ],
)
def test_what_an_option_changes_is_found_at_its_place(
    project: Path, check: Check, command: str, message: str, line: int
) -> None:
    ask(project, command)
    found = {each["message"]: each for each in findings(check)}
    first = next(each for text, each in found.items() if f"`{command}` has {message}" in text)
    assert (first["code"], first["place"]["line"]) == ("A1201", line)
    assert f"without `{command.split()[-1]}`" in first["hint"]
    assert check()[0] == 1


def test_what_follows_from_a_type_is_told_with_it(project: Path, check: Check) -> None:
    ask(project, "gcc -fpack-struct=4")
    found = {each["message"].split("`")[3]: each for each in findings(check)}
    assert "Article" not in found
    notes = [note["message"] for note in found["Inner"]["notes"]]
    assert "what holds it differs with it: `Article`" in notes
    assert "`double` differs already: alignment 4 instead of 8" in notes


def test_a_signature_alone_differs_too(project: Path, check: Check) -> None:
    text = ABI.replace("    letter: wchar_t,\n", "")
    (project / "abi/shop.abi").write_text(text, "utf-8")
    assert main(["generate"]) == 0
    ask(project, "gcc -fshort-wchar")
    (found,) = findings(check)
    assert "has `wchar_t` otherwise" in found["message"]
    assert "2 instead of 4" in found["message"]
    assert found["place"]["line"] == text[: text.index("vtable Shop")].count("\n") + 1


def test_a_script_that_adds_an_option_is_found_out(project: Path, check: Check) -> None:
    ask(project, script(project, 'exec gcc -fshort-enums "$@"'))
    (found,) = findings(check)
    assert "`./own-cc` has `Kind` otherwise" in found["message"]
    assert "script" in found["hint"]


def test_values_are_compared(project: Path) -> None:
    """No option changes one. An answer that somebody has changed does."""
    ask(project, "gcc")
    config = load_config(project / "pyproject.toml", Report())
    library = read_library("abi/shop.abi", Report())
    assert config is not None
    assert library is not None
    memory: dict[str, str] = {}

    def said() -> list[str]:
        report = Report()
        laid_out = {"abi/shop.abi": (library, lay_out_all(library))}
        ask_all(compilers_of(config), laid_out, project, memory, report, unseen)
        return [
            each.message.partition(" on x86_64-unknown-linux-gnu: ")[2]
            for each in report.diagnostics
        ]

    assert said() == []
    (key,) = (key for key, text in memory.items() if "null" not in text and '"' not in text)
    numbers = json.loads(memory[key])
    # Of Kind, LIMIT, NAME and Marks, in the order of the description.
    assert numbers[-6:] == [0, 1, 2**64 - 7, 6, 1, 2**31]
    numbers[-4:] = [2**64 - 8, 7, 1, 2**30]
    memory[key] = json.dumps(numbers)
    assert said() == [
        "value -8 instead of -7",
        "size 7 instead of 6",
        "value 1073741824 instead of 2147483648",
    ]


# --- compilers that do not answer


def test_one_that_is_not_here_is_told_in_a_line(project: Path, check: Check) -> None:
    ask(project, "gcc", "riscv9-linux-gcc -O2")
    line = "`riscv9-linux-gcc -O2` is not here; it was not asked about layouts"
    assert check() == (0, "", f"generated is up to date\n{line}\n")
    assert check() == (0, "", f"generated is up to date\n{line}\n")


def test_one_of_another_target_is_told_in_a_line(project: Path, check: Check) -> None:
    text = ABI.replace("1.0.0;\n", '1.0.0;\n\ntargets "x86_64-unknown-linux-gnu";\n', 1)
    (project / "abi/shop.abi").write_text(text, "utf-8")
    ask(project, "gcc -m32", "gcc -mx32")
    assert main(["generate"]) == 0
    code, out, err = check()
    assert (code, out) == (0, "")
    assert "`gcc -m32` compiles for i686-unknown-linux-gnu, which is no target of what" in err
    assert "`gcc -mx32` compiles for a target that abilock does not know" in err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exit 3", "`./own-cc` ended with 3"),
        ("echo >&2 error: no license; exit 1", "`./own-cc` ended with 1"),
        ("kill -SEGV $$", "`./own-cc` crashed (SIGSEGV)"),
        ('case "$*" in *-dM*) exec gcc "$@";; esac; kill -ABRT $$', "crashed (SIGABRT)"),
        ('case "$*" in *-dM*) exec gcc "$@";; esac; exit 0', "writes no object"),
        (
            'exec gcc -Dstruct=union "$@"',
            "`./own-cc` ended with 1, given the header of abi/shop.abi",
        ),
        ('for last; do :; done; exec gcc "$@" -S', "writes objects in which nothing of"),
    ],
)
def test_one_that_fails_is_a_finding(project: Path, check: Check, text: str, message: str) -> None:
    ask(project, script(project, text))
    code, out, _ = check()
    assert code == 1
    assert "error[A1202]" in out
    assert message in out
    if "license" in text:
        assert "note: error: no license" in out
    if "union" in text:
        assert "probe.c:" in out
        assert "/tmp" not in out


def test_one_that_cannot_be_run_is_a_finding(project: Path, check: Check) -> None:
    (project / "own-cc").write_text("not a program")
    ask(project, "./own-cc")
    code, out, _ = check()
    assert code == 1
    assert "`./own-cc` cannot be run: Permission denied" in out


def test_one_that_hangs_is_ended_with_all_that_it_started(
    project: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = script(project, "(sleep 60; echo late >late.txt) &\necho $! >pid.txt\nwait")
    ask(project, command)
    config = load_config(project / "pyproject.toml", Report())
    assert config is not None
    found = run(compilers_of(config)[0], (), project, 0.3)
    assert isinstance(found, Failed)
    assert found.why.startswith("did not answer within")
    pid = int((project / "pid.txt").read_text())
    for _ in range(100):
        if _is_gone(pid):
            break
    assert _is_gone(pid)
    assert running.PATIENCE >= 10


def _is_gone(pid: int) -> bool:
    """No process, or one that nobody has asked about since it ended."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True


# --- what is remembered


def test_an_answer_is_asked_for_once(project: Path, check: Check) -> None:
    ask(project, script(project, 'echo "$*" >>asked.txt; exec gcc "$@"'))
    asked = project / "asked.txt"
    assert check()[0] == 0
    assert len(asked.read_text().splitlines()) == 2
    assert check()[0] == 0
    # The description is another one, but nothing that C has of it.
    (project / "abi/shop.abi").write_text(ABI.replace("vtable Shop", "/// Sells.\nvtable Shop"))
    assert main(["generate"]) == 0
    (project / "abi/shop.abi").write_text(ABI)
    assert main(["generate"]) == 0
    assert check()[0] == 0
    assert len(asked.read_text().splitlines()) == 2


def test_another_compiler_is_asked_anew(project: Path, check: Check) -> None:
    ask(project, script(project, 'exec gcc "$@"'))
    assert check()[0] == 0
    script(project, 'exec gcc -fshort-enums "$@"')
    assert check()[0] == 1
    assert check()[0] == 1
    script(project, 'exec gcc "$@"')
    assert check()[0] == 0


def test_another_text_is_asked_about_anew(project: Path, check: Check) -> None:
    ask(project, "gcc -fshort-wchar")
    assert check()[0] == 1
    (project / "abi/shop.abi").write_text(ABI.replace("wchar_t", "u32"))
    assert main(["generate"]) == 0
    assert check() == (0, "", "generated is up to date\n")


def test_without_a_configuration_it_is_cc(
    project: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.abilock]\nabi = ["abi/shop.abi"]\noutputs = ["layout"]\n'
    )
    monkeypatch.setenv("CC", "gcc -fshort-enums")
    assert "`gcc -fshort-enums` has `Kind` otherwise" in check()[1]
    monkeypatch.setenv("CC", "")
    assert check()[0] == 0
    empty = project / "empty"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    assert json.loads(check("--format", "json")[1])["compilers"] == []
    (empty / "clang").symlink_to(shutil.which("clang", path=os.defpath) or "")
    asked = json.loads(check("--format", "json")[1])["compilers"]
    assert [each["command"] for each in asked] == ["clang"]


# --- how it is told


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_tells_it(project: Path, check: Check, name: str) -> None:
    ask(project, "gcc -fshort-enums")
    code, out, _ = check("--format", name)
    assert code == 1
    for part in ("A1201", "abi/shop.abi", "-fshort-enums", "Kind", "size 1 instead of 4"):
        assert part in out


def test_the_page_shows_what_is_told(project: Path, check: Check) -> None:
    (shown,) = re.findall(r"```text\n(error\[A1201\].*?)```", PAGE, re.DOTALL)
    text = "abi shop 1.0.0;\n\nenum Kind { Plain, Rare }\n\nstruct Article { kind: Kind }\n"
    (project / "abi/shop.abi").write_text(text)
    assert main(["generate"]) == 0
    ask(project, "gcc -fshort-enums")
    assert check()[1].strip() == shown.strip()


# --- targets


@pytest.mark.parametrize(
    ("macros", "triple"),
    [
        ("__x86_64__ __linux__", "x86_64-unknown-linux-gnu"),
        ("__x86_64__ __FreeBSD__", "x86_64-unknown-linux-gnu"),
        ("__x86_64__ __ILP32__ __linux__", None),
        ("__aarch64__ __APPLE__", "aarch64-apple-darwin"),
        ("__i386__ __APPLE__", None),
        ("__x86_64__ _WIN32 _MSC_VER", "x86_64-pc-windows-msvc"),
        ("__x86_64__ _WIN32", "x86_64-pc-windows-gnu"),
        ("__i386__ _WIN32", None),
        ("__i386__ _WIN32 _MSC_VER", "i686-pc-windows-msvc"),
        ("__x86_64__ __CYGWIN__", None),
        ("__arm__ __ARM_EABI__ __linux__", "armv7-unknown-linux-gnueabihf"),
        ("__riscv __LP64__", "riscv64gc-unknown-linux-gnu"),
        ("__riscv", None),
        ("__powerpc64__", None),
        ("__mips__", None),
    ],
)
def test_targets_are_told_from_macros(macros: str, triple: str | None) -> None:
    listing = "".join(f"#define {name} 1\n" for name in macros.split())
    assert machine_of(listing).triple == triple
