"""``abilock verify --witness``: libraries are read and not loaded; what proves nothing is never fine."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from abilock.cli import main
from support.witnesses import Shelf

INSERTED = {"fn first(": "fn extra(self: mut), fn first("}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, cc: list[str]) -> Shelf:
    """A shelf in a project whose configuration lists its description."""
    shelf = Shelf(tmp_path_factory.mktemp("verify"), cc)
    text = shelf.description.replace("{NAME}", shelf.name)
    (shelf.folder / "shop.abi").write_text(text, encoding="utf-8")
    (shelf.folder / "pyproject.toml").write_text('[tool.abilock]\nabi = ["shop.abi"]\n')
    return shelf


class Done(NamedTuple):
    """What a run came to."""

    returncode: int
    stdout: str
    stderr: str


def verify(folder: Path, *arguments: str) -> Done:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["verify", "--witness", *arguments])
    return Done(code, out.getvalue(), err.getvalue())


def told(folder: Path, *arguments: str, code: int) -> list[dict[str, Any]]:
    done = verify(folder, "--format", "json", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["libraries"]
    return found


def test_as_described(shelf: Shelf) -> None:
    done = verify(shelf.folder, str(shelf.plugin()))
    assert (done.returncode, done.stderr) == (0, "")
    assert ": as shop.abi describes it, 15 declarations with 24 members and values\n" in done.stdout


def test_a_slot_was_inserted(shelf: Shelf) -> None:
    built = shelf.plugin(INSERTED)
    done = verify(shelf.folder, str(built))
    assert done.returncode == 1
    assert f"{built}: {shelf.name} 1.2.3 for " in done.stdout
    assert "differs from what is described\n" in done.stdout
    assert (
        f"error[A0804]: {built}: `Shop.first` was compiled as `fn extra(self: mut)`, described as"
        " `fn first(self: const) -> i32`; so are 5 more of it\n  --> shop.abi:" in done.stdout
    )
    (found,) = told(shelf.folder, str(built), code=1)
    assert found["status"] == "differs"
    (difference,) = found["differences"]
    assert difference["element"] == "Shop.first"
    assert difference["level"] == "layout"
    assert difference["compiled"] == "fn extra(self: mut)"
    assert difference["described"] == "fn first(self: const) -> i32"


def test_an_older_one_that_fits(shelf: Shelf) -> None:
    late = "@since(1.2.2) fn late(self: const) -> i32,\n"
    changes = {"{NAME} 1.2.3": "{NAME} 1.2.1", late: "", ", @since(1.2.2) more: u32": ""}
    built = shelf.plugin(changes, late=False)
    (found,) = told(shelf.folder, str(built), code=0)
    assert (found["status"], found["version"], found["described"]) == ("fits", "1.2.1", "1.2.3")
    assert found["missing"] == [
        {"element": "Shop.late", "since": "1.2.2"},
        {"element": "Board.more", "since": "1.2.2"},
    ]
    said = verify(shelf.folder, str(built)).stdout
    assert "fits 1.2.3, without Shop.late (since 1.2.2), Board.more (since 1.2.2)" in said


def test_a_version_that_the_rule_refuses(shelf: Shelf) -> None:
    built = shelf.plugin({"{NAME} 1.2.3": "{NAME} 1.3.0"})
    done = verify(shelf.folder, str(built))
    assert done.returncode == 1
    assert "A0806" in done.stdout
    assert "loaders refuse it, by the rule major.minor" in done.stdout


def test_what_proves_nothing_is_unknown(shelf: Shelf, tmp_path: Path) -> None:
    built = shelf.plugin(proves=False)
    (found,) = told(shelf.folder, str(built), code=1)
    assert found["status"] == "unknown"
    done = verify(shelf.folder, str(built))
    assert done.returncode == 1
    assert "unknown, it proves nothing" in done.stdout
    # Nor does what nobody can hold against anything.
    (found,) = told(tmp_path, str(shelf.plugin()), code=1)
    assert (found["status"], found["abi"]) == ("unknown", shelf.name)
    other = tmp_path / "other.abi"
    other.write_text("abi other 1.0.0;\n", encoding="utf-8")
    (found,) = told(shelf.folder, str(shelf.plugin()), "--abi", str(other), code=1)
    assert found["status"] == "unknown"


def test_another_description_can_be_named(shelf: Shelf, tmp_path: Path) -> None:
    text = shelf.description.replace("{NAME}", shelf.name)
    changed = tmp_path / "changed.abi"
    changed.write_text(text.replace(*next(iter(INSERTED.items()))), encoding="utf-8")
    built = shelf.plugin(INSERTED)
    (found,) = told(tmp_path, "--abi", str(changed), str(built), code=0)
    assert (found["status"], found["description"]) == ("matches", str(changed))


def test_files_that_are_no_library(shelf: Shelf, tmp_path: Path) -> None:
    cut = tmp_path / "cut.so"
    cut.write_bytes(shelf.plugin().read_bytes()[:1000])
    empty = tmp_path / "empty.so"
    empty.write_bytes(b"")
    for each in (cut, empty, tmp_path, tmp_path / "gone.so", "with\0nul", "-"):
        done = verify(shelf.folder, str(each))
        assert done.returncode == 2, each
        assert "error[A0801]" in done.stdout
    found = told(shelf.folder, str(cut), str(shelf.plugin()), code=2)
    assert [each["status"] for each in found] == ["unreadable", "matches"]


def test_a_record_that_is_none(shelf: Shelf) -> None:
    more = f'__attribute__((visibility("default"))) int abilock_witness_{shelf.name} = 7;\n'
    built = shelf.plugin(proves=False, more=f"extern int abilock_witness_{shelf.name};\n{more}")
    (found,) = told(shelf.folder, str(built), code=1)
    assert found["status"] == "damaged"
    assert "error[A0802]" in verify(shelf.folder, str(built)).stdout


def test_for_other_programs(shelf: Shelf) -> None:
    built = str(shelf.plugin(INSERTED))
    sarif = json.loads(verify(shelf.folder, "--format", "sarif", built).stdout)
    (result,) = sarif["runs"][0]["results"]
    assert result["ruleId"] == "A0804"
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"].endswith("shop.abi")
    assert "A0804" in verify(shelf.folder, "--format", "markdown", built).stdout
    assert verify(shelf.folder, "--format", "github", built).stdout.startswith("::error file=")


def test_a_description_that_is_wrong(shelf: Shelf, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.abi"
    wrong.write_text("abi wrong 1.0.0;\nstruct A { b: Missing }\n", encoding="utf-8")
    done = verify(shelf.folder, str(shelf.plugin()), "--abi", str(wrong))
    assert done.returncode == 2
    assert "unknown type `Missing`" in done.stdout + done.stderr
