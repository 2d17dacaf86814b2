"""`abilock check` asks rustc whether Rust modules compile, and all compilers about the releases that have
bindings of their own."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from abilock.cli import main

pytestmark = [pytest.mark.slow, pytest.mark.tool("gcc", "rustc")]

ABI = "abi shop 1.{}.0;\nenum Kind {{ Plain, Rare }}\nstruct Article {{ kind: Kind, price: u64 }}\n"
ABI += "entry fn shop_best() -> *const Article;\n"
CONFIG = """\
[tool.abilock]
abi = ["abi/shop.abi"]
outputs = ["layout", "rust"]
releases = ["shop@1.0.0"]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CC", raising=False)
    (tmp_path / "abi").mkdir()
    (tmp_path / "abi/shop.abi").write_text(ABI.format(0))
    configure(tmp_path)
    assert main(["release", "abi/shop.abi"]) == 0
    (tmp_path / "abi/shop.abi").write_text(ABI.format(1))
    assert main(["generate"]) == 0
    return tmp_path


def configure(root: Path, *compilers: str) -> None:
    named = f"compilers = {list(compilers)}\n" if compilers else ""
    (root / "pyproject.toml").write_text(CONFIG + named)


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Callable[[], dict[str, Any]]:
    def run_it() -> dict[str, Any]:
        capsys.readouterr()
        main(["check", "--format", "json"])
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    return run_it


def counting(root: Path) -> Path:
    """A rustc that writes down what it is asked for."""
    folder = root / "bin"
    folder.mkdir()
    script = folder / "rustc"
    script.write_text(
        f'#!/bin/sh\necho "$@" >> "{root}/asked"\nexec "{shutil.which("rustc")}" "$@"\n'
    )
    script.chmod(0o755)
    return root / "asked"


def test_modules_are_compiled_once(
    project: Path, check: Callable[[], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = counting(project)
    monkeypatch.setenv("PATH", f"{project}/bin{os.pathsep}{os.environ['PATH']}")
    told = check()
    assert told["findings"] == []
    assert [each["command"] for each in told["compilers"]] == ["cc", "rustc"]
    assert told["compilers"][1]["targets"] == ["x86_64-unknown-linux-gnu"]
    assert len(asked.read_text().splitlines()) == 3, "its host, and a module of each release"
    assert check() == told
    (project / "generated/MANIFEST.json").touch()
    assert check() == told
    assert len(asked.read_text().splitlines()) == 3
    (project / "abi/shop.abi").write_text(ABI.format(2))
    assert main(["generate"]) == 0
    assert check()["findings"] == []
    assert len(asked.read_text().splitlines()) == 4, "the release is what it was"


@pytest.mark.parametrize("stem", ["shop", "shop_1_0_0"])
def test_a_module_that_does_not_compile(
    project: Path, check: Callable[[], dict[str, Any]], stem: str
) -> None:
    configure(project, "rustc")
    with (project / f"generated/{stem}/rust/{stem}.rs").open("a") as file:
        file.write('const _: () = assert!(core::mem::size_of::<Article>() == 1, "it is larger");\n')
    (found,) = (each for each in check()["findings"] if each["code"] == "A1202")
    of = "abi/shop.abi" if stem == "shop" else "shop@1.0.0"
    assert found["message"] == f"`rustc` ended with 1, given the Rust module of {of}"
    assert any("it is larger" in each["message"] for each in found["notes"])


def test_a_module_in_the_middle_of_a_merge_is_not_compiled(
    project: Path, check: Callable[[], dict[str, Any]]
) -> None:
    for name in ("shop.rs", "shop.witness.rs"):
        path = project / "generated/shop/rust" / name
        text = path.read_text()
        path.write_text(f"<<<<<<< HEAD\n// ours\n=======\n// theirs\n>>>>>>> topic\n{text}")
        assert {each["code"] for each in check()["findings"]} == {"A0914"}
        path.write_text(text)
    assert check()["findings"] == []


def test_compilers_are_asked_about_releases_too(
    project: Path, check: Callable[[], dict[str, Any]]
) -> None:
    configure(project, "gcc -fshort-enums")
    found = [(each["code"], each["place"]["file"]) for each in check()["findings"]]
    assert found == [("A1201", "abi/history/shop/1.0.0.abi"), ("A1201", "abi/shop.abi")]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("bin/rustc", "is not here"),
        ("rustc --target m68k-unknown-linux-gnu", "which is no target of what was checked"),
        ("rustc --sysroot=abi", "has no `core` for x86_64-unknown-linux-gnu"),
    ],
)
def test_a_rustc_that_cannot_be_asked(
    project: Path, check: Callable[[], dict[str, Any]], command: str, said: str
) -> None:
    configure(project, command)
    told = check()
    assert told["findings"] == []
    assert said in told["compilers"][0]["not_asked"]


def test_without_rust_among_the_outputs_nobody_asks_for_it(
    project: Path, check: Callable[[], dict[str, Any]]
) -> None:
    text = (project / "pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(text.replace(', "rust"', ""))
    assert main(["generate"]) == 0
    assert [each["command"] for each in check()["compilers"]] == ["cc"]
