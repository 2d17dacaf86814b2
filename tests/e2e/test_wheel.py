"""What is published: built from a source distribution, installed by itself, run from elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ABI = """\
/// A shop.
abi shop 1.2.0;

struct Price { currency: u8, cents: u64 }
"""


def run(*command: str | Path, cwd: Path, ok: tuple[int, ...] = (0,)) -> str:
    """Standard output of a command that must end with one of these codes."""
    # Without the variables through which this checkout could be found instead of the wheel.
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in ok, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that comes out of the source distribution that comes out of the tree."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", out, root, cwd=out)
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment that has the wheel and what it depends on."""
    home = tmp_path_factory.mktemp("some place") / "venv"
    venv.create(home, with_pip=True)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    run(scripts / "python", "-m", "pip", "install", "--quiet", wheel, cwd=home)
    return scripts


@pytest.fixture(scope="module")
def abi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("abi") / "shop.abi"
    path.write_text(ABI, encoding="utf-8")
    return path


def test_the_wheel_holds_what_the_tree_holds(wheel: Path, root: Path) -> None:
    package = tracked(root / "gen" / "abilock")
    templates = {f"templates/{name}" for name in tracked(root / "templates")}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == {f"abilock/{name}" for name in package | templates}
    assert "abilock/syntax/grammar.lark" in held
    assert "abilock/py.typed" in held


def tracked(folder: Path) -> set[str]:
    """The files under a folder, without what Python leaves behind."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_command_explains_itself(scripts: Path) -> None:
    assert "generate" in run(scripts / "abilock", "--help", cwd=Path("/"))


def test_the_grammar_is_found(scripts: Path, abi: Path) -> None:
    command = (scripts / "abilock", "layout", abi, "--format", "json")
    told = json.loads(run(*command, cwd=Path("/")))
    price = told["types"]["Price"]
    assert (price["size"], price["align"]) == (16, 8)
    assert [field["offset"] for field in price["fields"]] == [0, 8]


def test_the_templates_are_found(scripts: Path, abi: Path) -> None:
    (abi.parent / "pyproject.toml").write_text(
        '[tool.abilock]\nabi = ["shop.abi"]\noutput = "generated"\noutputs = ["header"]\n',
        encoding="utf-8",
    )
    run(scripts / "abilock", "generate", cwd=abi.parent)
    header = abi.parent / "generated" / "shop" / "include" / "shop.h"
    assert "struct Price" in header.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", ["A0101", "C0102"])
def test_an_explanation_is_found(scripts: Path, code: str) -> None:
    assert run(scripts / "abilock", "explain", code, cwd=Path("/")).startswith(f"# {code} ")


def test_it_is_the_wheel_that_runs(scripts: Path) -> None:
    where = "import abilock.resources as r; print(r.__file__); print(r.template_root())"
    module, templates = run(scripts / "python", "-c", where, cwd=Path("/")).splitlines()
    assert "site-packages" in module
    assert Path(templates) == Path(module).parent / "templates"
