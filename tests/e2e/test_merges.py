"""Branches that changed ABIs, merged by git: one run puts everything that is generated right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess, run

import pytest

from abilock.cli import main

#: Merges by git itself, which starts a process for each step.
pytestmark = pytest.mark.slow

ABI = """\
abi {name} 1.0.0;

vtable First {{
    state: *mut void,
    fn one(self: const) -> u32;
    fn two(self: const) -> u32;
}}

vtable Second {{
    state: *mut void,
    fn three(self: const) -> u32;
    fn four(self: const) -> u32;
}}

entry fn {name}_open() -> *const First?;
"""
CONFIG = '[tool.abilock]\nabi = ["abi/depot.abi", "abi/shop.abi"]\noutputs = [{outputs}]\ncompilers = []\n'
SHOP = "generated/shop/include/shop.h"
MANIFEST = "generated/MANIFEST.json"


def git(*arguments: str, fails: bool = False) -> CompletedProcess[str]:
    done = run(["git", *arguments], capture_output=True, text=True)
    assert fails or done.returncode == 0, done.stdout + done.stderr
    return done


def insert(abi: str, slot: str, before: str) -> None:
    path = Path(f"abi/{abi}.abi")
    text = path.read_text()
    path.write_text(
        text.replace(f"    fn {before}", f"    fn {slot}(self: const);\n    fn {before}")
    )


def commit(message: str) -> None:
    git("add", "--all")
    git("commit", "--quiet", "--message", message)


def branch(name: str, abi: str, slot: str, before: str) -> None:
    """A branch of ``main`` with one slot more, and what is generated of it."""
    git("checkout", "--quiet", "-b", name, "main")
    insert(abi, slot, before)
    assert main(["generate"]) == 0
    commit(name)


@pytest.fixture(params=["header, layout", pytest.param("all", marks=pytest.mark.slow)])
def outputs(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def project(
    outputs: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Path]:
    """Two ABIs on the branch ``main``."""
    monkeypatch.chdir(tmp_path)
    for key in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{key}_NAME", "x")
        monkeypatch.setenv(f"GIT_{key}_EMAIL", "x@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    Path("abi").mkdir()
    for name in ("depot", "shop"):
        Path(f"abi/{name}.abi").write_text(ABI.format(name=name))
    listed = ", ".join(f'"{name}"' for name in outputs.split(", ") if name != "all")
    text = CONFIG.format(outputs=listed)
    Path("pyproject.toml").write_text(text if listed else text.replace("outputs = []\n", ""))
    Path(".gitignore").write_text(".abilock-cache/\n")
    git("init", "--quiet", "--initial-branch", "main")
    assert main(["generate"]) == 0
    commit("base")
    yield tmp_path
    capsys.readouterr()


def generated() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path("generated").rglob("*") if path.is_file()}


def assert_healed(capsys: pytest.CaptureFixture[str], *slots: tuple[str, str]) -> None:
    """A plain run puts it right: the tree is what would have been made of nothing."""
    assert main(["check"]) == 1
    said = capsys.readouterr().out
    assert "merge conflict in generated files\n" in said
    assert "run `abilock generate`" in said
    assert said.count("error[") == 1
    assert main(["generate"]) == 0
    assert main(["check"]) == 0
    for abi, slot in slots:
        assert f"(*{slot})(" in Path(f"generated/{abi}/include/{abi}.h").read_text()
    healed = generated()
    git("rm", "-r", "-f", "--quiet", "generated")
    assert main(["generate"]) == 0
    assert generated() == healed


@pytest.mark.slow
@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
@pytest.mark.parametrize("union", [False, True])
def test_two_slots_in_one_abi(
    project: Path, capsys: pytest.CaptureFixture[str], style: str, union: bool
) -> None:
    if union:
        Path(".gitattributes").write_text(f"{MANIFEST} merge=union\n")
        commit("attributes")
    branch("left", "shop", "added_left", "two")
    branch("right", "shop", "added_right", "four")
    merged = git("-c", f"merge.conflictStyle={style}", "merge", "--quiet", "left", fails=True)
    assert (
        "CONFLICT (content): Merge conflict in generated/MANIFEST.json" in merged.stdout
    ) != union
    assert_healed(capsys, ("shop", "added_left"), ("shop", "added_right"))


def test_two_slots_in_two_abis_need_nothing(project: Path) -> None:
    branch("left", "shop", "added_left", "two")
    branch("right", "depot", "added_right", "four")
    git("merge", "--quiet", "--no-edit", "left")
    assert main(["check"]) == 0


def test_two_slots_at_one_place(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    branch("left", "shop", "added_left", "two")
    branch("right", "shop", "added_right", "two")
    git("merge", "--quiet", "left", fails=True)
    description = Path("abi/shop.abi")
    description.write_text(re.sub("[<=>]{7}.*\n", "", description.read_text()))
    assert_healed(capsys, ("shop", "added_left"), ("shop", "added_right"))


def test_an_abi_that_one_side_has_removed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    branch("left", "shop", "added_left", "two")
    git("checkout", "--quiet", "-b", "right", "main")
    Path("pyproject.toml").write_text(
        Path("pyproject.toml").read_text().replace(', "abi/shop.abi"', "")
    )
    assert main(["generate"]) == 0
    commit("right")
    git("merge", "--quiet", "left", fails=True)
    capsys.readouterr()
    assert main(["generate"]) == 0
    assert main(["check"]) == 0
    assert not Path("generated/shop").exists()


def test_a_manifest_that_was_taken_from_one_side(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    branch("left", "shop", "added_left", "two")
    branch("right", "shop", "added_right", "four")
    git("merge", "--quiet", "left", fails=True)
    git("checkout", "--ours", MANIFEST)
    # What git has merged without a conflict nobody can tell from what was edited.
    names = git("diff", "--name-only", "--diff-filter=M", "HEAD").stdout.split()
    conflicts = git("diff", "--name-only", "--diff-filter=U").stdout.split()
    git("checkout", "HEAD", "--", *(set(names) - set(conflicts) - {"abi/shop.abi"}))
    assert_healed(capsys, ("shop", "added_left"), ("shop", "added_right"))


def test_a_rebase(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    branch("left", "shop", "added_left", "two")
    branch("right", "shop", "added_right", "four")
    git("rebase", "--quiet", "left", fails=True)
    assert_healed(capsys, ("shop", "added_left"), ("shop", "added_right"))


def test_one_description_at_a_time(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not generated yet stays as git has left it, and is still known for that."""
    for abi in ("shop", "depot"):
        git("checkout", "--quiet", "main")
        branch(f"left_{abi}", abi, "added_left", "two")
        branch(f"right_{abi}", abi, "added_right", "four")
    git("checkout", "--quiet", "-b", "left", "left_shop")
    git("merge", "--quiet", "--no-edit", "left_depot")
    git("checkout", "--quiet", "-b", "right", "right_shop")
    git("merge", "--quiet", "--no-edit", "right_depot")
    git("merge", "--quiet", "left", fails=True)
    depot = Path("generated/depot/include/depot.h")
    depot.write_text("as good as merged\n")
    assert main(["generate", "abi/shop.abi"]) == 0
    assert "added_left" in Path(SHOP).read_text()
    assert depot.read_text() == "as good as merged\n"
    capsys.readouterr()
    assert_healed(
        capsys,
        *((abi, slot) for abi in ("shop", "depot") for slot in ("added_left", "added_right")),
    )


# --- what somebody has edited


def test_an_edit_that_git_has_merged_is_not_overwritten(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    branch("left", "shop", "added_left", "two")
    git("checkout", "--quiet", "-b", "right", "main")
    header = Path(SHOP)
    header.write_text(header.read_text().replace("#include", "/* mine */\n#include", 1))
    commit("right")
    git("merge", "--quiet", "--no-edit", "left")
    before = generated()
    capsys.readouterr()
    assert main(["generate"]) == 2
    assert f"{SHOP} was edited since it was generated" in capsys.readouterr().err
    assert generated() == before


def test_what_was_resolved_by_hand_is_kept_aside(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    branch("left", "shop", "added_left", "two")
    branch("right", "shop", "added_right", "four")
    git("merge", "--quiet", "left", fails=True)
    header = Path(SHOP)
    header.write_text("resolved by hand\n")
    capsys.readouterr()
    assert main(["generate"]) == 0
    assert (
        "after a merge; what stood there is in .abilock-cache/merged\n" in capsys.readouterr().err
    )
    assert Path(".abilock-cache/merged/shop/include/shop.h").read_text() == "resolved by hand\n"
    assert main(["check"]) == 0


def test_other_edits_are_told_beside_a_merge(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    branch("left", "shop", "added_left", "two")
    branch("right", "shop", "added_right", "four")
    git("merge", "--quiet", "left", fails=True)
    edited = "generated/depot/include/depot.h"
    Path(edited).write_text("mine\n")
    capsys.readouterr()
    assert main(["check"]) == 1
    said = capsys.readouterr().out
    assert "merge conflict in generated files\n" in said
    assert f"{edited} was edited since it was generated" in said
    assert main(["generate"]) == 2
    assert Path(edited).read_text() == "mine\n"
