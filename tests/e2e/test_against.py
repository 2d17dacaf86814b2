"""``check --against``: what another revision has released is the same here, wherever it lies."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from abilock.cli import main
from abilock.lock.lockfile import Release
from abilock.model.version import Version
from support.releases import CONFIG, DESCRIPTION, LOCK, commit, git, release, start


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two releases on the branch ``main``."""
    start(tmp_path, monkeypatch)
    git("init", "--quiet", "--initial-branch", "main")
    release("1.0.0", "one")
    release("2.0.0", "one", "two")
    commit("base")


def check(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """What `check --against main` ends with and finds; generated files are not looked at here."""
    assert main(["generate"]) == 0
    capsys.readouterr()
    return main(["check", "--against", "main"]), capsys.readouterr().out


def lines() -> list[str]:
    """Those of the lock that have releases."""
    return [line for line in LOCK.read_text().splitlines(True) if not line.startswith("#")]


def sealed(line: str, meaning: str) -> str:
    """A line with another meaning, and the seal over it."""
    number, _, text, _ = line.split()
    version = Version.parse(number)
    assert version is not None
    return f"{Release.of('shop', version, meaning, text).line()}\n"


def test_a_meaning_that_was_forged_is_another_release(capsys: pytest.CaptureFixture[str]) -> None:
    """What loaders know of a release is judged by it, and seals are no secret."""
    first, second = lines()
    forged = sealed(first, second.split()[1])
    LOCK.write_text(LOCK.read_text().replace(first, forged))
    code, said = check(capsys)
    assert code == 1
    assert "error[A1009]: shop 1.0.0 is another release at main than here" in said
    assert "shop 2.0.0" not in said


def test_what_another_abilock_sees_in_a_release_is_no_other_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    right = LOCK.read_text()
    first, _ = lines()
    LOCK.write_text(right.replace(first, sealed(first, "0" * 64)))
    commit("of another abilock")
    LOCK.write_text(right)
    assert check(capsys) == (0, "")


def lose_a_line(lock: Path) -> None:
    """Of the first release, with the file that would show it."""
    text = lock.read_text().splitlines(True)
    lock.write_text("".join(line for line in text if not line.startswith("1.0.0 ")))
    (lock.parent / "history/shop/1.0.0.abi").unlink()


@pytest.fixture
def example() -> Path:
    """An ABI of the same name that the configuration does not list, with a release of its own."""
    path = Path("examples/abi/shop.abi")
    path.parent.mkdir(parents=True)
    path.write_text("abi shop 5.0.0;\nopaque Other;\n")
    assert main(["release", str(path)]) == 0
    commit("example")
    return path


LOST = "error[A1009]: shop 1.0.0 is released at main, and {} has lost it"


@pytest.mark.usefixtures("example")
def test_another_lock_of_that_name_hides_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(capsys) == (0, "")
    lose_a_line(LOCK)
    code, said = check(capsys)
    assert code == 1
    assert LOST.format("abi/shop.lock") in said
    assert said.count("error[") == 1


def move(example: Path) -> None:
    """The ABI goes elsewhere in the project."""
    DESCRIPTION.parent.rename("abis")
    config = Path("pyproject.toml")
    config.write_text(config.read_text().replace("abi/shop", "abis/shop"))
    assert example.is_file()


def test_a_lock_that_has_moved_is_told_from_others(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    move(example)
    assert check(capsys) == (0, "")
    lose_a_line(Path("abis/shop.lock"))
    code, said = check(capsys)
    assert code == 1
    assert LOST.format("abis/shop.lock") in said
    assert "`git checkout main -- abi/shop.lock abi/history/shop`, and move them to abis;" in said
    assert said.count("error[") == 1


def test_a_lock_that_stayed_behind_is_compared_with_the_one_that_went(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    move(example)
    Path("abi").mkdir()
    Path(LOCK).write_text(Path("abis/shop.lock").read_text())
    lose_a_line(Path("abis/shop.lock"))
    assert LOST.format("abis/shop.lock") in check(capsys)[1]


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A project in a folder of the repository, beside another one, and that folder called otherwise."""
    for name in ("sdk", "other"):
        Path(name, "abi").mkdir(parents=True)
        Path(name, "pyproject.toml").write_text(CONFIG)
    Path("other/abi/shop.abi").write_text("abi shop 5.0.0;\nopaque Other;\n")
    assert main(["release", "other/abi/shop.abi"]) == 0
    Path("sdk/abi").rmdir()
    Path("abi").rename("sdk/abi")
    Path("pyproject.toml").unlink()
    commit("in a folder")
    git("mv", "sdk", "plugin-sdk")
    monkeypatch.chdir("plugin-sdk")


@pytest.mark.usefixtures("sdk")
def test_releases_are_found_where_the_project_was(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(capsys) == (0, "")
    lose_a_line(LOCK)
    code, said = check(capsys)
    assert code == 1
    assert LOST.format("abi/shop.lock") in said
    assert "`git checkout main -- ../sdk/abi/shop.lock ../sdk/abi/history/shop`" in said
    assert said.count("error[") == 1


def test_an_abi_under_another_name_leaves_nothing_behind(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its releases are those of the former name, with one revision and with two."""
    text = DESCRIPTION.read_text()
    DESCRIPTION.write_text(text.replace("abi shop 2.0.0", "abi store 2.0.0"))
    code, said = check(capsys)
    assert code == 1
    assert "error[A1011]: abi/shop.lock has releases of shop" in said
    assert "`--against` misses until that revision does not have them either" in said
    LOCK.unlink()
    shutil.rmtree("abi/history/shop")
    code, said = check(capsys)
    assert code == 1
    assert LOST.format("abi/shop.lock") in said
    commit("given up")
    assert check(capsys) == (0, "")
