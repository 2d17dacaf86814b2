"""Changes that a project accepts, from the pull request that makes them to the release after."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from abilock.cli import main
from support.releases import CONFIG, DESCRIPTION, commit, describe, git, release, released, start

TODAY = "2029-12-31"
EXCEPTION = """
[[tool.abilock.accept]]
element = "Shop.zero"
rule = "slot-inserted"
reason = "no plugin is out yet"
until = "2.0.0"
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release, and a slot that was inserted since."""
    start(tmp_path, monkeypatch)
    git("init", "--quiet")
    release("1.0.0", "one", "two")
    describe("1.0.1", "one", "zero", "two")
    assert main(["generate"]) == 0


def accept(*exceptions: str) -> None:
    Path("pyproject.toml").write_text(CONFIG + "".join(exceptions))


def findings(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, list[dict[str, str]]]:
    """The exit code, and what was found."""
    capsys.readouterr()
    code = main(["check", "--today", TODAY, "--format", "json", *options])
    return code, json.loads(capsys.readouterr().out)["findings"]


def check(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, list[str]]:
    """The exit code, and the codes that were found, but for those of the changes."""
    code, found = findings(capsys, *options)
    return code, [one["code"] for one in found if not one["code"].startswith("C")]


def changes(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    """Rule and element of each change that was found."""
    found = [one for one in findings(capsys)[1] if one["code"].startswith("C")]
    return [(one["name"], one["subject"]) for one in found]


def test_a_change_is_accepted_until_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(capsys) == (1, ["A1008"])
    accept(EXCEPTION)
    assert check(capsys) == (0, [])
    accept(EXCEPTION.replace('"2.0.0"', TODAY))
    assert check(capsys) == (1, ["A1008", "A1104"])
    accept(EXCEPTION.replace("2.0.0", "1.0.1"))
    assert check(capsys) == (1, ["A1008", "A1104"])


def test_changes_are_found_where_they_were_made(capsys: pytest.CaptureFixture[str]) -> None:
    """With the names that exceptions give them; and no more where the version says enough."""
    _, (version, change) = findings(capsys)
    assert version["code"] == "A1008"
    assert change["place"] == change["new"]
    assert (change["level"], change["subject"]) == ("breaking", "Shop.zero")
    lines = DESCRIPTION.read_text().splitlines()
    assert "fn zero" in lines[change["place"]["line"] - 1]
    accept(EXCEPTION)
    assert changes(capsys) == []
    accept()
    describe("1.1.0", "one", "zero", "two")
    assert main(["generate"]) == 0
    assert check(capsys) == (0, [])
    assert changes(capsys) == []


def test_what_was_accepted_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    accept(EXCEPTION)
    capsys.readouterr()
    assert main(["check", "--format", "json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["accepted"] == [
        {
            "code": "C0102",
            "subject": "Shop.zero",
            "reason": "no plugin is out yet",
            "until": "2.0.0",
        }
    ]
    assert "1 finding is accepted in pyproject.toml" in told.err


def test_only_what_is_named_is_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    accept(EXCEPTION)
    describe("1.0.1", "one", "zero", "half", "two")
    assert main(["generate"]) == 0
    assert check(capsys) == (1, ["A1008"])
    assert changes(capsys) == [("slot-inserted", "Shop.half")]
    accept(EXCEPTION, EXCEPTION.replace("zero", "half"))
    assert check(capsys) == (0, [])
    accept(EXCEPTION.replace("zero", "*"))
    assert check(capsys) == (0, [])
    accept(EXCEPTION.replace("Shop.zero", "*"))
    assert check(capsys) == (1, ["A1008", "A1103"])


def test_a_removal_is_not_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    describe("1.0.1", "one")
    assert main(["generate"]) == 0
    for element in ("Shop.*", "Shop.zero"):
        for rule in ("slot-removed", "slot-inserted"):
            accept(EXCEPTION.replace("Shop.zero", element).replace("slot-inserted", rule))
            code, found = check(capsys)
            assert (code, found[0]) == (1, "A1008")
            assert found[1] in ("A1102", "A1103")
    accept(EXCEPTION.replace("Shop.zero", "Shop.two").replace("slot-inserted", "slot-removed"))
    assert check(capsys) == (0, [])


def test_where_the_number_says_it_no_exception_is_needed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    describe("1.1.0", "one", "zero", "two")
    assert main(["generate"]) == 0
    accept(EXCEPTION)
    assert check(capsys) == (1, ["A1102"])


def test_a_released_version_stays_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    describe("1.0.0", "one", "zero", "two")
    assert main(["generate"]) == 0
    accept(EXCEPTION)
    assert check(capsys) == (1, ["A1007"])


def test_what_is_accepted_can_be_released(capsys: pytest.CaptureFixture[str]) -> None:
    commit("before")
    assert main(["release", str(DESCRIPTION)]) == 1
    accept(EXCEPTION)
    assert main(["bump", "--check", str(DESCRIPTION)]) == 0
    assert main(["release", str(DESCRIPTION)]) == 0
    assert released() == ["1.0.0", "1.0.1"]
    # As long as it is the present one, with or without a look at the branch that it goes to.
    assert check(capsys) == (0, [])
    assert check(capsys, "--against", "HEAD") == (0, [])
    accept()
    assert check(capsys, "--against", "HEAD") == (1, ["A1008"])
    accept(EXCEPTION)
    describe("1.0.2", "one", "zero", "two")
    assert main(["generate"]) == 0
    assert check(capsys) == (1, ["A1102"])


def test_an_end_comes_though_nothing_else_changes(capsys: pytest.CaptureFixture[str]) -> None:
    accept(EXCEPTION.replace('"2.0.0"', "2030-01-31"))
    assert main(["generate"]) == 0
    assert check(capsys) == (0, [])
    assert check(capsys, "--today", "2030-01-30") == (0, [])
    assert check(capsys, "--today", "2030-01-31") == (1, ["A1008", "A1104"])


def test_a_check_of_some_files_calls_nothing_unneeded(capsys: pytest.CaptureFixture[str]) -> None:
    Path("abi/other.abi").write_text("abi other 1.0.0;\nstruct A { a: u8 }\n")
    text = CONFIG.replace('["abi/shop.abi"]', '["abi/shop.abi", "abi/other.abi"]')
    Path("pyproject.toml").write_text(text + EXCEPTION)
    assert main(["generate"]) == 0
    assert check(capsys, "abi/other.abi") == (0, [])
    assert check(capsys) == (0, [])
