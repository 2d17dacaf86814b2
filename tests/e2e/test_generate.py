"""Generating as users do it: a process of its own in a project of its own."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from abilock.cli import main
from abilock.render import formatting

ABI = """\
/// A shop.
abi shop 1.2.0;

struct Price { currency: u8, cents: u64 }
"""
OTHER = "abi depot 0.1.0;\nstruct Box { size: u32 }\n"
CONFIG = """\
[tool.abilock]
abi = [{abi}]
output = "generated"
outputs = ["header", "layout"]
compilers = []
"""
BOTH = ("abi/shop.abi", "abi/depot.abi")
GEN = Path(__file__).parents[2] / "gen"
#: Of every file and folder: what it is, what is in it, and when that was last changed.
Snapshot = dict[str, tuple[int, int, bytes]]


def configure(root: Path, *abi: str) -> None:
    listed = ", ".join(f'"{name}"' for name in abi)
    (root / "pyproject.toml").write_text(CONFIG.format(abi=listed))


def make_project(root: Path) -> Path:
    (root / "abi").mkdir(parents=True)
    (root / "abi/shop.abi").write_text(ABI)
    (root / "abi/depot.abi").write_text(OTHER)
    configure(root, *BOTH)
    return root


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was generated, to be copied."""
    root = make_project(tmp_path_factory.mktemp("made") / "project")
    assert abilock(root, "generate").returncode == 0
    return root


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "project")


def start(
    root: Path, *arguments: str, cwd: Path | None = None, **variables: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "abilock", *arguments],
        cwd=cwd or root,
        env={**os.environ, "PYTHONPATH": str(GEN), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def abilock(
    root: Path, *arguments: str, cwd: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    running = start(root, *arguments, cwd=cwd, **variables)
    out, err = running.communicate(timeout=120)
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(arguments, running.returncode, out, err)


def snapshot(root: Path) -> Snapshot:
    found = {}
    for path in (root, *root.rglob("*")):
        facts = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[path.relative_to(root).as_posix()] = (facts.st_mode, facts.st_mtime_ns, content)
    return found


def not_remembered(found: Snapshot) -> Snapshot:
    """All but ``.abilock-cache``, and the folder that lists it."""
    return {
        path: facts
        for path, facts in found.items()
        if path != "." and not path.startswith(".abilock-cache")
    }


def generated(root: Path) -> dict[str, bytes]:
    folder = root / "generated"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def edit_shop(root: Path) -> None:
    path = root / "abi/shop.abi"
    path.write_text(path.read_text().replace("cents", "pence"))


# --- what is written


def test_a_run_writes_what_the_configuration_lists(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project")
    done = abilock(root, "generate")
    assert (done.returncode, done.stderr) == (0, "")
    paths = {f"generated/{path}" for path in generated(root)} - {"generated/MANIFEST.json"}
    assert "generated/shop/include/shop.h" in paths
    assert {line.removeprefix("wrote ") for line in done.stdout.splitlines()} == paths


def test_an_unchanged_run_touches_nothing(project: Path) -> None:
    before = snapshot(project)
    done = abilock(project, "generate")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "generated is up to date\n"
    assert snapshot(project) == before
    shutil.rmtree(project / ".abilock-cache")
    assert abilock(project, "generate").stderr == "generated is up to date\n"
    after = snapshot(project)
    assert {k: v for k, v in after.items() if k.startswith("generated")} == {
        k: v for k, v in before.items() if k.startswith("generated")
    }


def test_only_what_changed_is_written(project: Path) -> None:
    before = snapshot(project)
    edit_shop(project)
    done = abilock(project, "generate")
    after = snapshot(project)
    changed = {
        path
        for path in after
        if (project / path).is_file()
        and path.startswith("generated/")
        and after[path] != before[path]
    }
    told = {line.removeprefix("wrote ") for line in done.stdout.splitlines()}
    assert "generated/shop/include/shop.h" in changed
    assert changed == told | {"generated/MANIFEST.json"}
    assert not any(path.startswith("generated/depot") for path in changed)


@pytest.mark.slow
def test_only_what_changed_is_formatted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = project / "pyproject.toml"
    configuration.write_text(configuration.read_text().replace('"layout"', '"layout", "cffi"'))
    assert abilock(project, "generate").returncode == 0
    edit_shop(project)
    asked: list[str] = []

    def formatted(piece: str) -> str:
        asked.append(piece)
        return piece

    monkeypatch.setattr(formatting, "_formatted", formatted)
    monkeypatch.chdir(project)
    assert main(["generate", "--check"]) == 1
    assert main(["generate"]) == 0
    assert asked
    assert all("pence" in piece for piece in asked)
    (project / ".abilock-cache/stamp.json").unlink()
    asked.clear()
    assert main(["check"]) == 0
    assert not asked


def test_an_abi_that_is_removed_takes_its_files_along(project: Path) -> None:
    theirs = {path for path in generated(project) if path.startswith("depot/")}
    notes = project / "generated/shop/notes.txt"
    notes.write_text("mine\n")
    configure(project, "abi/shop.abi")
    assert abilock(project, "check").returncode == 1
    done = abilock(project, "generate")
    assert {f"removed generated/{path}" for path in theirs} == set(done.stdout.splitlines())
    assert not (project / "generated/depot").exists()
    assert notes.read_text() == "mine\n"


def test_one_description_at_a_time(project: Path) -> None:
    before = generated(project)
    edit_shop(project)
    (project / "abi/depot.abi").write_text(OTHER.replace("size", "weight"))
    assert abilock(project, "generate", "abi/depot.abi").returncode == 0
    after = generated(project)
    changed = {path for path in after if after[path] != before[path]} - {"MANIFEST.json"}
    assert changed
    assert all(path.startswith("depot/") for path in changed)
    assert abilock(project, "check").returncode == 1


# --- what is only told


def findings(root: Path, *arguments: str) -> dict[str, tuple[str, str]]:
    """Code and hint by subject."""
    done = abilock(root, *arguments, "--format", "json")
    found = json.loads(done.stdout)["findings"]
    assert done.returncode == (1 if found else 0)
    for one in found:
        assert one["place"] == {"file": one["subject"]}
        assert one["level"] == "error"
        assert one["message"].startswith(one["subject"])
    return {one["subject"]: (one["code"], one["hint"]) for one in found}


@pytest.mark.slow
def test_checking_changes_no_file_but_what_it_remembers(project: Path) -> None:
    cache = project / ".abilock-cache"
    before = snapshot(project)
    shutil.rmtree(cache)
    for _ in ("without memory", "with it"):
        assert findings(project, "check") == {}
        assert not_remembered(snapshot(project)) == not_remembered(before)
        assert (cache / "stamp.json").is_file()
    edit_shop(project)
    before = snapshot(project)
    done = abilock(project, "generate", "--check")
    assert (done.returncode, done.stderr) == (1, "")
    # The same is said once of all files of an ABI.
    assert re.search(
        r"^error\[A0908\]: each of these \d+ files in generated/shop is not what", done.stdout, re.M
    )
    assert "\n  generated/shop/include/shop.h\n" in done.stdout
    done = abilock(project, "generate", "--diff")
    assert done.returncode == 1
    assert (
        "--- a/generated/shop/include/shop.h\n+++ b/generated/shop/include/shop.h\n" in done.stdout
    )
    assert snapshot(project) == before
    subprocess.run(["git", "apply", "-"], input=done.stdout, text=True, cwd=project, check=True)
    assert abilock(project, "check").returncode == 0


def test_every_finding_says_what_to_do(project: Path) -> None:
    out = project / "generated"
    edit_shop(project)
    (out / "shop/include/shop.h").write_text("edited\n")
    (out / "depot/include/depot.h").unlink()
    manifest = json.loads((out / "MANIFEST.json").read_text())
    table = "depot/layout/x86_64-unknown-linux-gnu.json"
    del manifest["files"][table]
    (out / "MANIFEST.json").write_text(json.dumps(manifest))
    (out / table).write_text("mine\n")
    before = snapshot(project)
    found = findings(project, "check")
    assert snapshot(project) == before
    assert found["generated/depot/include/depot.h"] == ("A0909", "run `abilock generate`")
    code, hint = found["generated/shop/include/shop.h"]
    assert (code, "--force" in hint) == ("A0904", True)
    code, hint = found[f"generated/{table}"]
    assert (code, "--force" in hint, "move or delete" in hint) == ("A0903", False, True)
    assert abilock(project, "generate", "--force").returncode == 2
    assert snapshot(project) == before


def test_a_broken_description_changes_nothing(project: Path) -> None:
    (project / "abi/depot.abi").write_text("abi depot 0.1.0;\nstruct Box { size: u33 }\n")
    before = snapshot(project)
    for arguments in (("generate",), ("generate", "--diff"), ("check",)):
        done = abilock(project, *arguments)
        assert done.returncode == 2
        told, other = (done.stdout, done.stderr)[:: 1 if arguments == ("check",) else -1]
        assert "abi/depot.abi:2" in told
        assert other == ""
        assert snapshot(project) == before


def test_a_hand_edited_file_is_overwritten_only_by_force(project: Path) -> None:
    right = generated(project)
    header = project / "generated/shop/include/shop.h"
    header.write_text("edited\n")
    before = snapshot(project)
    done = abilock(project, "generate")
    assert done.returncode == 2
    assert "generated/shop/include/shop.h was edited" in done.stderr
    assert snapshot(project) == before
    assert abilock(project, "generate", "--force").returncode == 0
    assert generated(project) == right


def test_used_wrongly(project: Path, tmp_path: Path) -> None:
    assert abilock(project, "generate", "abi/none.abi").returncode == 2
    (tmp_path / "empty").mkdir()
    assert abilock(project, "generate", "--config", str(tmp_path / "none.toml")).returncode == 2


# --- what it does not depend on


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "Asia/Kathmandu"}, id="plain"),
        pytest.param(
            {"PYTHONHASHSEED": "4711", "LC_ALL": "tr_TR.UTF-8", "TZ": "UTC", "PYTHONUTF8": "0"},
            id="turkish",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_the_same_bytes_everywhere(made: Path, tmp_path: Path, variables: dict[str, str]) -> None:
    root = make_project(tmp_path / "ein Ort für 📦")
    configure(root, *reversed(BOTH))
    deep = root / "some/where"
    deep.mkdir(parents=True)
    assert abilock(root, "generate", cwd=deep, **variables).returncode == 0
    assert generated(root) == generated(made)
    named = ("--config", str(root / "pyproject.toml"))
    assert abilock(root, "check", *named, cwd=Path("/"), **variables).returncode == 0


# --- several at once, and none to its end


@pytest.mark.slow
def test_runs_at_the_same_time(project: Path) -> None:
    shutil.rmtree(project / ".abilock-cache")
    right = generated(project)
    shutil.rmtree(project / "generated")
    runs = [start(project, "generate") for _ in range(3)]
    for one in runs:
        _, told = one.communicate(timeout=120)
        assert one.returncode == 0 or "A0907" in told, told
    assert generated(project) == right


def cut_off(root: Path, number: int, moment: float) -> int:
    """Start a run, and send it a signal after so many seconds."""
    running = start(root, "generate")
    time.sleep(moment)
    running.send_signal(number)
    running.communicate(timeout=120)
    return running.returncode


def seconds_of_a_run(root: Path) -> float:
    begun = time.monotonic()
    assert abilock(root, "generate").returncode == 0
    return time.monotonic() - begun


def killed_again_and_again(root: Path, moments: Callable[[float], float], times: int) -> None:
    edit_shop(root)
    length = seconds_of_a_run(root)
    text = (root / "abi/shop.abi").read_text()
    for number in range(times):
        before = generated(root)
        (root / "abi/shop.abi").write_text(text.replace("pence", f"pence_{number}"))
        cut_off(root, signal.SIGKILL, moments(length))
        assert generated(root).keys() >= before.keys()
        done = abilock(root, "generate")
        assert done.returncode == 0, done.stderr
        assert f"pence_{number}".encode() in generated(root)["shop/include/shop.h"]
        assert not (root / "generated/.abilock-staging").exists()
    assert abilock(root, "check").returncode == 0


@pytest.mark.slow
def test_a_killed_run_is_put_right_by_the_next(project: Path) -> None:
    chance = random.Random(7)
    # Near its end is where a run writes.
    killed_again_and_again(project, lambda length: length * chance.uniform(0.75, 1.0), 2)


@pytest.mark.slow
def test_a_run_that_is_killed_at_any_moment_is_put_right(project: Path) -> None:
    chance = random.Random(11)
    killed_again_and_again(project, lambda length: length * chance.uniform(0.05, 1.05), 25)


@pytest.mark.parametrize("part", [0.6, pytest.param(0.4, marks=pytest.mark.slow)])
def test_an_interrupted_run_leaves_the_tree(project: Path, part: float) -> None:
    edit_shop(project)
    old = generated(project)
    copy = shutil.copytree(project, project.parent / "copy")
    length = seconds_of_a_run(copy)
    code = cut_off(project, signal.SIGINT, length * part)
    # The machine may be faster this time, so that the run ends before it is interrupted.
    # -2: the signal came while Python was still starting.
    assert code in (130, 0, -2)
    assert generated(project) in (old, generated(copy))
    assert abilock(project, "generate").returncode == 0
    assert generated(project) == generated(copy)
