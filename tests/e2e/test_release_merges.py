"""Branches that release versions, merged by git: what cannot stand together is a conflict, or an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from abilock.cli import main
from support.releases import DESCRIPTION, LOCK, commit, describe, git, release, released, start


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two releases on the branch ``main``."""
    start(tmp_path, monkeypatch)
    git("init", "--quiet", "--initial-branch", "main")
    release("1.0.0", "one")
    release("2.0.0", "one", "two")
    commit("base")


def branch(name: str, version: str, *slots: str) -> None:
    """A branch of ``main`` that releases one version more."""
    git("checkout", "--quiet", "-b", name, "main")
    release(version, *slots)
    commit(name)


def check(capsys: pytest.CaptureFixture[str]) -> str:
    """What `check` finds; generated files are not looked at here."""
    assert main(["generate"]) == 0
    capsys.readouterr()
    main(["check"])
    return capsys.readouterr().out


def resolve(text: str) -> str:
    """The lines of both sides."""
    return "".join(line for line in text.splitlines(True) if line[0] not in "<=>")


def test_one_version_of_two_releases_is_a_conflict(capsys: pytest.CaptureFixture[str]) -> None:
    branch("ours", "3.0.0", "one", "two", "mine")
    branch("theirs", "3.0.0", "one", "two", "yours")
    merged = git("merge", "ours", fails=True)
    for path in (LOCK, DESCRIPTION, "abi/history/shop/3.0.0.abi"):
        assert f"in {path}" in merged.stdout
    git("checkout", "--ours", "--", str(DESCRIPTION), "abi/history")
    said = check(capsys)
    assert "error[A1002]" in said
    assert "abi/shop.lock is in the middle of a merge" in said
    LOCK.write_text(resolve(LOCK.read_text()))
    said = check(capsys)
    assert "error[A1003]" in said
    assert "abi/shop.lock has shop 3.0.0 twice" in said
    # What helps: the number stays with one of them, and the other one gets another.
    git("checkout", "--ours", "--", str(LOCK))
    assert check(capsys) == ""
    describe("3.0.0", "one", "two", "yours", "mine")
    assert "error[A1007]" in check(capsys)
    assert main(["bump", str(DESCRIPTION)]) == 0
    assert main(["release", str(DESCRIPTION)]) == 0
    assert check(capsys) == ""
    assert released() == ["1.0.0", "2.0.0", "3.0.0", "3.1.0"]


def test_the_same_release_of_one_version_is_no_conflict(capsys: pytest.CaptureFixture[str]) -> None:
    branch("ours", "3.0.0", "one", "two", "three")
    branch("theirs", "3.0.0", "one", "two", "three")
    git("merge", "ours")
    assert released() == ["1.0.0", "2.0.0", "3.0.0"]
    assert check(capsys) == ""


def test_two_versions_at_the_end_are_a_conflict_that_both_lines_resolve(
    capsys: pytest.CaptureFixture[str],
) -> None:
    branch("ours", "3.0.0", "one", "two", "three")
    branch("theirs", "4.0.0", "one", "two", "three", "four")
    merged = git("merge", "ours", fails=True)
    assert f"in {LOCK}" in merged.stdout
    git("checkout", "--ours", "--", str(DESCRIPTION))
    lines = resolve(LOCK.read_text()).splitlines(True)
    head, rows = lines[:3], sorted(lines[3:])
    LOCK.write_text("".join([*head, *rows[::-1]]))
    said = check(capsys)
    assert "error[A1001]" in said
    assert "are not in the order of versions" in said
    LOCK.write_text("".join([*head, *rows]))
    assert check(capsys) == ""
    assert released() == ["1.0.0", "2.0.0", "3.0.0", "4.0.0"]


def test_a_version_of_an_older_line_merges_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    branch("newer", "3.0.0", "one", "two", "three")
    git("checkout", "--quiet", "-b", "older", "main")
    # Docs only, which any number says enough of.
    describe("1.0.1", "one")
    assert main(["release", str(DESCRIPTION)]) == 0
    git("checkout", "main", "--", str(DESCRIPTION))
    commit("older")
    git("merge", "newer")
    assert released() == ["1.0.0", "1.0.1", "2.0.0", "3.0.0"]
    assert check(capsys) == ""


def test_changes_that_meet_a_release_of_another_branch_need_a_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither branch was wrong, and git sees no conflict."""
    branch("ours", "3.0.0", "one", "two", "three")
    git("checkout", "--quiet", "-b", "theirs", "main")
    text = DESCRIPTION.read_text().replace("shop_open()", "shop_open(flags: u32)")
    DESCRIPTION.write_text(text)
    commit("theirs")
    git("merge", "ours")
    assert "error[A1007]" in check(capsys)


def structs(version: str, *fields: str) -> None:
    """Describe a version whose slots are given whole."""
    describe(version, "one")
    text = DESCRIPTION.read_text()
    DESCRIPTION.write_text(f"{text}\nstruct S {{ {', '.join(fields)} }}\nentry fn s() -> S;\n")


def test_what_stands_before_a_release_is_judged_by_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its loader takes plugins of either, by the numbers that it compares."""
    structs("3.1.0", "a: u32", "b: u32")
    assert main(["release", str(DESCRIPTION)]) == 0
    commit("above")
    structs("3.1.0-rc.1", "a: u64")
    said = check(capsys)
    assert "error[A1008]: shop 3.1.0-rc.1 is too close to 3.1.0, which is released" in said
    assert "what that changes of it needs 3.2.0; " in said
    assert said.count("error[") == 1
    before = LOCK.read_text()
    assert main(["release", str(DESCRIPTION)]) == 1
    assert "error[A1008]: shop 3.1.0-rc.1 is too close" in capsys.readouterr().err
    assert LOCK.read_text() == before
    structs("3.1.0-rc.1", "a: u32", "b: u32")
    assert main(["release", str(DESCRIPTION)]) == 0
    assert check(capsys) == ""
    assert main(["check", "--against", "main"]) == 0


def test_a_release_that_a_merge_puts_before_another_is_judged_by_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Both have added something at the same place, each honestly."""
    added = "\n@since(2.0.{patch})\nentry fn added(x: {kind});\n"

    def add(patch: int, kind: str) -> None:
        describe(f"2.0.{patch}", "one", "two")
        text = DESCRIPTION.read_text() + added.format(patch=patch, kind=kind)
        DESCRIPTION.write_text(text)
        assert main(["release", str(DESCRIPTION)]) == 0
        commit(f"2.0.{patch}")

    git("checkout", "--quiet", "-b", "ours", "main")
    add(2, "u32")
    git("checkout", "--quiet", "main")
    add(3, "u64")
    git("checkout", "--quiet", "-b", "merged")
    git("merge", "ours", fails=True)
    git("checkout", "--ours", "--", str(DESCRIPTION))
    LOCK.write_text(resolve(LOCK.read_text()))
    head, rows = LOCK.read_text().splitlines(True)[:3], LOCK.read_text().splitlines(True)[3:]
    LOCK.write_text("".join([*head, *sorted(rows)]))
    assert released() == ["1.0.0", "2.0.0", "2.0.2", "2.0.3"]
    assert check(capsys) == ""
    assert main(["check", "--against", "main"]) == 1
    said = capsys.readouterr().out
    assert "error[A1008]: shop 2.0.2, released since main, is too close to 2.0.3" in said
    assert "what that changes of it needs 2.1.0; " in said


def test_what_is_numbered_later_may_have_a_greater_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In an older line, beside a newer one: no loader takes one for the other."""
    counted = (
        "abi shop {}; compat integer(N); const N: u32 = {}; @version entry static v: u32;"
        " entry fn f(x: {});"
    )
    for version, number, kind in (("3.0.0", 1, "u8"), ("4.0.0", 2, "u16"), ("3.1.0", 3, "u32")):
        DESCRIPTION.write_text(counted.format(version, number, kind))
        assert check(capsys) == ""
        commit(f"before {version}")
        assert main(["release", str(DESCRIPTION)]) == 0
    assert check(capsys) == ""
    assert main(["check", "--against", "main"]) == 0


def accepting(version: str, numbers: str, *fields: str) -> None:
    """Describe a version whose loaders take these numbers."""
    DESCRIPTION.write_text(
        f"abi shop {version};\n\ncompat accepts({numbers});\n\n"
        f"@version\nconst N: u32 = {numbers.split(',')[0]};\n\n@version\nentry static v: u32;\n\n"
        f"struct S {{ {', '.join(fields)} }}\n\nentry fn s() -> S;\n"
    )


TAKEN = "error[A1008]: shop 5.0.0{} takes plugins of 3.0.0 by their number 11, and must not; "


def test_a_number_is_not_taken_back_for_another_layout(capsys: pytest.CaptureFixture[str]) -> None:
    """Not by a release that has those between behind it either."""
    accepting("3.0.0", "11", "a: u32")
    assert main(["release", str(DESCRIPTION)]) == 0
    accepting("4.0.0", "12", "b: u64", "a: u32")
    assert main(["release", str(DESCRIPTION)]) == 0
    commit("older")
    accepting("5.0.0", "13, 11", "c: u64", "b: u64", "a: u32")
    said = check(capsys)
    assert TAKEN.format("") in said
    assert said.count("error[") == 1
    assert main(["release", str(DESCRIPTION)]) == 1
    assert TAKEN.format("") in capsys.readouterr().err
    # As a past one it would slip in.
    past = Path("abi/history/shop/5.0.0.abi")
    past.write_bytes(DESCRIPTION.read_bytes())
    assert main(["release", str(past)]) == 0
    assert "note: shop 5.0.0 takes plugins of 3.0.0 by" in capsys.readouterr().err
    assert check(capsys) == ""
    assert main(["check", "--against", "main"]) == 1
    assert TAKEN.format(", released since main,") in capsys.readouterr().out


def test_a_number_is_taken_back_for_the_same_layout(capsys: pytest.CaptureFixture[str]) -> None:
    accepting("3.0.0", "11", "a: u32")
    assert main(["release", str(DESCRIPTION)]) == 0
    accepting("4.0.0", "12", "b: u64", "a: u32")
    assert main(["release", str(DESCRIPTION)]) == 0
    accepting("5.0.0", "13, 11", "a: u32")
    assert check(capsys) == ""
    assert main(["release", str(DESCRIPTION)]) == 0


def test_a_number_of_a_newer_line_is_not_given_to_an_older_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for version, number, field in (("3.0.0", 11, "a"), ("4.0.0", 12, "b"), ("5.0.0", 13, "c")):
        accepting(version, str(number), f"{field}: u32")
        assert main(["release", str(DESCRIPTION)]) == 0
    accepting("3.1.0", "13", "d: u64")
    assert "shop 3.1.0 takes plugins of 5.0.0 by their number 13, and must not" in check(capsys)
