"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from abilock.cli import main

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
INSERTED = "    fn opens_at(self: const) -> u32;\n"


def block(language: str, containing: str = "") -> str:
    """The first code block of a language, or the first that contains a text."""
    found = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return next(text for text in found if containing in text)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the description that the README shows."""
    (tmp_path / "abi").mkdir()
    (tmp_path / "pyproject.toml").write_text('[tool.abilock]\nabi = ["abi/shop.abi"]\n')
    (tmp_path / "abi/shop.abi").write_text(block("abi"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_print_what_is_shown(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = block("console", "$ abilock generate")
    session = ""
    for command in re.findall(r"^\$ abilock (.*)$", shown, re.MULTILINE):
        assert main(command.split()) == 0
        session += f"$ abilock {command}\n{capsys.readouterr().out}"
    assert session == shown


def test_the_diff_is_what_one_slot_does(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate"]) == 0
    description = project / "abi/shop.abi"
    before = "    /// Sells so many"
    assert f"Insert `{INSERTED.strip()}` before `sell`" in README
    description.write_text(description.read_text().replace(before, INSERTED + before))
    capsys.readouterr()
    assert main(["generate", "--diff"]) == 1
    assert block("diff") in capsys.readouterr().out


def test_the_description_is_in_canonical_form(project: Path) -> None:
    assert main(["fmt", "--check", "abi/shop.abi"]) == 0


def test_the_commands_of_the_table_exist(capsys: pytest.CaptureFixture[str]) -> None:
    for name in re.findall(r"^\| `abilock (\w+)", README, re.MULTILINE):
        with pytest.raises(SystemExit) as done:
            main([name, "--help"])
        assert done.value.code == 0
        assert name in capsys.readouterr().out


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (Path(__file__).parents[1] / target).exists(), target


def test_make_targets_exist() -> None:
    makefile = (Path(__file__).parents[1] / "Makefile").read_text("utf-8")
    for target in re.findall(r"^\$ make (\S+)$", README, re.MULTILINE):
        assert f"\n{target}:" in makefile
