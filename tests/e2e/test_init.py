"""A new project generates, checks and is in canonical form, whatever its folder is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from abilock.cli import main


@pytest.mark.parametrize("name", ["shop", "My Shop-2", "int", "class", "type", "-x", "2nd", "..."])
def test_a_new_project_passes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--", name]) == 0
    root = tmp_path / name
    monkeypatch.chdir(root)
    (description,) = (root / "abi").iterdir()
    assert main(["generate"]) == 0
    assert main(["check"]) == 0
    assert main(["fmt", "--check", str(description)]) == 0
    capsys.readouterr()


def test_what_is_printed_can_be_pasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "My Shop"]) == 0
    assert "next: cd 'My Shop' && abilock generate" in capsys.readouterr().err
    assert main(["init", "--", "-x"]) == 0
    assert "next: cd ./-x && abilock generate" in capsys.readouterr().err


def test_a_configuration_that_is_there_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    assert main(["init", "."]) == 0
    said = capsys.readouterr()
    assert Path("pyproject.toml").read_text(encoding="utf-8") == "[project]\nname = 'x'\n"
    table = said.err[said.err.index("[tool.abilock]") : said.err.index("next:")]
    with Path("pyproject.toml").open("a", encoding="utf-8") as stream:
        stream.write(table)
    assert main(["generate"]) == 0
    assert main(["init", "."]) == 2
    assert main(["init", ""]) == 2
