"""What is written, what is removed, and what is left alone."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from abilock.diagnostics.report import Report
from abilock.emit.staging import STAGING
from unit.emit.harness import (
    ABI,
    NEW,
    OLD,
    codes,
    plan,
    run,
    slugs,
    snapshot,
    tree,
    wanted,
    writer,
)

TESTS = Path(__file__).parents[2]


def test_writes_removes_and_leaves_alone(tmp_path: Path) -> None:
    assert codes(run(tmp_path, OLD)) == []
    before = (tmp_path / "generated/x/same.h").stat().st_mtime_ns
    assert codes(run(tmp_path, NEW)) == []
    assert tree(tmp_path) == NEW
    assert not (tmp_path / "generated/x/gone").exists()
    assert (tmp_path / "generated/x/same.h").stat().st_mtime_ns == before
    assert not (tmp_path / "generated" / STAGING).exists()


def test_a_file_of_somebody_else_is_in_the_way(tmp_path: Path) -> None:
    stranger = tmp_path / "generated/x/a.h"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("mine\n")
    assert codes(run(tmp_path, NEW)) == ["output-not-ours"]
    assert tree(tmp_path) == {"x/a.h": "mine\n"}
    assert codes(run(tmp_path, NEW, force=True)) == ["output-not-ours"]
    assert tree(tmp_path) == {"x/a.h": "mine\n"}


def test_files_of_others_stay(tmp_path: Path) -> None:
    run(tmp_path, OLD)
    stranger = tmp_path / "generated/x/gone/notes.txt"
    stranger.write_text("mine\n")
    assert codes(run(tmp_path, NEW)) == []
    assert tree(tmp_path) == {**NEW, "x/gone/notes.txt": "mine\n"}


def test_an_identical_file_is_adopted(tmp_path: Path) -> None:
    run(tmp_path, OLD)
    (tmp_path / "generated/MANIFEST.json").unlink()
    assert codes(run(tmp_path, OLD)) == []
    assert codes(run(tmp_path, NEW)) == []


@pytest.mark.parametrize("path", ["x/a.h", "x/gone/b.h"])
def test_a_hand_edited_file_is_not_overwritten(tmp_path: Path, path: str) -> None:
    run(tmp_path, OLD)
    (tmp_path / "generated" / path).write_text("edited\n")
    assert codes(run(tmp_path, NEW)) == ["output-edited"]
    assert tree(tmp_path) == {**OLD, path: "edited\n"}
    assert codes(run(tmp_path, NEW, force=True)) == []
    assert tree(tmp_path) == NEW


def test_what_is_not_known_is_not_stale(tmp_path: Path) -> None:
    """It is as it was written; edited, missing or beside what is stale, it is told of as ever."""

    def found(texts: dict[str, str]) -> list[str]:
        unsure = replace(wanted(texts), unsure={"x/a.h"})
        planned = writer(tmp_path).plan(unsure, Report())
        assert planned is not None
        return [f"{each.code.slug} {each.subject}" for each in planned.findings]

    run(tmp_path, OLD)
    assert found({**OLD, "x/a.h": "unknown\n"}) == []
    manifest = "output-stale generated/MANIFEST.json"
    stale = ["output-stale generated/x/same.h", manifest]
    assert found({**OLD, "x/a.h": "unknown\n", "x/same.h": "new\n"}) == stale
    (tmp_path / "generated/x/a.h").write_text("edited\n")
    assert found({**OLD, "x/a.h": "unknown\n"}) == ["output-edited generated/x/a.h"]
    (tmp_path / "generated/x/a.h").unlink()
    assert found({**OLD, "x/a.h": "unknown\n"}) == ["output-missing generated/x/a.h"]


@pytest.mark.parametrize("link", ["generated", "generated/x", "generated/x/a.h"])
def test_links_are_not_followed(tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    root = tmp_path / "project"
    at = root / link
    at.parent.mkdir(parents=True)
    outside.mkdir()
    if link.endswith(".h"):
        (outside / "a.h").write_text("theirs\n")
        at.symlink_to(outside / "a.h")
    else:
        at.symlink_to(outside)
    found = codes(run(root, NEW, force=True))
    assert set(found) == {"output-escapes"}
    assert [path.name for path in outside.iterdir()] in ([], ["a.h"])


def test_a_folder_where_a_file_goes(tmp_path: Path) -> None:
    (tmp_path / "generated/x/a.h").mkdir(parents=True)
    assert codes(run(tmp_path, NEW, force=True)) == ["output-not-ours"]


def test_a_file_where_a_folder_goes(tmp_path: Path) -> None:
    (tmp_path / "generated").mkdir()
    (tmp_path / "generated/x").write_text("mine\n")
    assert set(codes(run(tmp_path, NEW, force=True))) == {"output-not-ours"}
    assert (tmp_path / "generated/x").read_text() == "mine\n"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": 3, "sources": {}}', "\xff"])
def test_a_damaged_manifest(tmp_path: Path, text: str) -> None:
    run(tmp_path, OLD)
    (tmp_path / "generated/MANIFEST.json").write_bytes(text.encode("latin-1"))
    assert codes(run(tmp_path, NEW)) == ["manifest-invalid"]
    assert tree(tmp_path) == OLD


@pytest.mark.parametrize("path", ["../../outside", "/etc/passwd", "x/../../y", "c:\\x", "."])
def test_a_hostile_manifest_names_no_file_outside(tmp_path: Path, path: str) -> None:
    run(tmp_path, OLD)
    manifest = tmp_path / "generated/MANIFEST.json"
    entry = f'{{"abi": "{ABI}", "output": "header", "sha256": ""}}'
    shown = path.replace("\\", "\\\\")
    manifest.write_text(f'{{"sources": {{}}, "files": {{"{shown}": {entry}}}}}')
    run(tmp_path, OLD, force=True)
    assert tree(tmp_path) == OLD


@pytest.mark.parametrize(
    "texts", [{"x/a": "1\n"}, {"x/a/b": "2\n"}, {"x/a/b/c": "3\n", "x/a/d": ""}]
)
@pytest.mark.parametrize("then", [{"x/a": "4\n"}, {"x/a/b": "5\n"}, {"x/a/b/c": "6\n"}])
def test_a_file_becomes_a_folder_and_back(
    tmp_path: Path, texts: dict[str, str], then: dict[str, str]
) -> None:
    assert codes(run(tmp_path, texts)) == []
    assert codes(run(tmp_path, then)) == []
    assert tree(tmp_path) == then


def test_a_folder_with_files_of_others_does_not_become_a_file(tmp_path: Path) -> None:
    run(tmp_path, {"x/a/b": "2\n"})
    (tmp_path / "generated/x/a/notes.txt").write_text("mine\n")
    assert codes(run(tmp_path, {"x/a": "1\n"}, force=True)) == ["output-not-ours"]
    assert tree(tmp_path) == {"x/a/b": "2\n", "x/a/notes.txt": "mine\n"}


def with_crlf(root: Path) -> None:
    for path in (root / "generated").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def test_other_line_ends_are_no_edit(tmp_path: Path) -> None:
    run(tmp_path, OLD)
    with_crlf(tmp_path)
    before = snapshot(tmp_path)
    assert plan(tmp_path, OLD).is_empty
    assert codes(run(tmp_path, OLD)) == []
    assert snapshot(tmp_path) == before
    assert codes(run(tmp_path, NEW)) == []
    assert tree(tmp_path) == {**NEW, "x/same.h": "same\r\n"}


def test_an_edit_among_other_line_ends(tmp_path: Path) -> None:
    run(tmp_path, OLD)
    with_crlf(tmp_path)
    (tmp_path / "generated/x/a.h").write_bytes(b"edited\r\n")
    assert codes(run(tmp_path, NEW)) == ["output-edited"]


@pytest.mark.parametrize("path", ["x/a.h", "x", "MANIFEST.json", STAGING])
@pytest.mark.parametrize("kind", ["fifo", "socket"])
def test_a_pipe_is_not_read(
    tmp_path: Path, path: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process of its own, which can be ended if it hangs."""
    at = tmp_path / "generated" / path
    at.parent.mkdir(parents=True)
    if kind == "fifo":
        os.mkfifo(at)
    else:
        monkeypatch.chdir(at.parent)  # the name of a socket must be short
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(at.name)
    script = """
import pathlib, sys
from unit.emit.harness import NEW, codes, run
print(codes(run(pathlib.Path(sys.argv[1]), NEW)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])},
        timeout=20,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "['output-not-ours']\n"


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_files_have_the_mode_of_any_new_file(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        run(tmp_path, NEW)
    finally:
        os.umask(before)
    for path in ("x/a.h", "MANIFEST.json"):
        assert (tmp_path / "generated" / path).stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_file_in_place_of_the_output_folder(tmp_path: Path) -> None:
    (tmp_path / "generated").write_text("mine\n")
    assert codes(run(tmp_path, NEW)) == ["output-not-ours"]


def test_an_output_folder_that_links_to_itself(tmp_path: Path) -> None:
    (tmp_path / "generated").symlink_to("generated")
    assert codes(run(tmp_path, NEW)) in (["output-escapes"], ["output-not-ours"])


def test_messages_name_paths_from_the_configuration(tmp_path: Path) -> None:
    run(tmp_path, OLD)
    (tmp_path / "generated/x/a.h").write_text("edited\n")
    (tmp_path / "generated/x/deep").write_text("mine\n")
    messages = [found.message for found in run(tmp_path, NEW).diagnostics]
    assert messages == [
        "generated/x/a.h was edited since it was generated",
        "generated/x/deep is a file, where a generated folder should go",
    ]


def test_what_the_system_refuses_is_named_from_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "generated").mkdir()
    path = "x/" + "y" * 200 + "/" + "z" * 200 + "/"
    long = path + "/".join("w" * 200 for _ in range(20))
    (found,) = run(tmp_path, {long: ""}).diagnostics
    assert found.code.slug == "output-unwritable"
    assert found.message.startswith("generated/x/yyy")
    assert str(tmp_path) not in found.message


# --- saying what differs


def test_findings_say_what_differs_and_what_to_do(tmp_path: Path) -> None:
    run(tmp_path, OLD)
    (tmp_path / "generated/x/same.h").write_text("edited\n")
    (tmp_path / "generated/x/deep/er").mkdir(parents=True)
    (tmp_path / "generated/x/deep/er/c.h").write_text("mine\n")
    (tmp_path / "generated/x/turn").write_text("edited\n")
    before = snapshot(tmp_path)
    found = plan(tmp_path, {**NEW, "x/more.h": ""}).findings
    assert snapshot(tmp_path) == before
    told = {finding.subject: (finding.code.slug, finding.hint) for finding in found}
    again, forced = "run `abilock generate`", "`abilock generate --force` "
    assert told == {
        "generated/MANIFEST.json": ("output-stale", again),
        "generated/x/a.h": ("output-stale", again),
        "generated/x/more.h": ("output-missing", again),
        "generated/x/turn/d": ("output-missing", again),
        "generated/x/gone/b.h": ("output-surplus", f"{again}, which removes it"),
        "generated/x/same.h": (
            "output-edited",
            f"make the change in the description; {forced}then overwrites the file",
        ),
        "generated/x/turn": (
            "output-edited",
            f"keep what you need of it elsewhere; {forced}then removes it",
        ),
        "generated/x/deep/er/c.h": (
            "output-not-ours",
            "move or delete it, or choose another `output`",
        ),
    }
    assert slugs(plan(tmp_path, NEW).blockers(force=True)) == {"output-not-ours"}


def test_a_diff_is_one_that_patch_reads(tmp_path: Path) -> None:
    run(tmp_path, OLD)
    (tmp_path / "generated/x/same.h").write_bytes(b"no end")
    diff = writer(tmp_path).diff(plan(tmp_path, NEW))
    assert "--- a/generated/x/a.h\n+++ b/generated/x/a.h\n@@ -1 +1 @@\n-old a\n+new a\n" in diff
    assert "--- /dev/null\n+++ b/generated/x/deep/er/c.h\n" in diff
    assert "--- a/generated/x/gone/b.h\n+++ /dev/null\n" in diff
    assert "-no end\n\\ No newline at end of file\n+same\n" in diff
    subprocess.run(["git", "apply", "-"], input=diff.encode(), cwd=tmp_path, check=True)
    assert tree(tmp_path) == NEW
