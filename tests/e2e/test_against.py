"""``check --against``: what another revision has released is the same here, wherever it lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from abilock.cli import main
from abilock.lock.lockfile import Release
from abilock.model.version import Version
from support.releases import LOCK, commit, git, release, start


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
