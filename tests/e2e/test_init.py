"""A new project generates, checks and is in canonical form, whatever its folder is called."""

from __future__ import annotations

import re
from pathlib import Path
from subprocess import run

import pytest

from abilock.cli import main


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["shop", "My Shop-2", "int", "class", "type", "time", "-x", "2nd", "..."]
)
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
    written = {path.name for path in root.iterdir() if not path.is_dir()}
    assert written == {"README.md", ".gitignore", ".gitattributes", "pyproject.toml"}
    capsys.readouterr()


@pytest.mark.slow
def test_the_first_addition_to_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "shop"]) == 0
    monkeypatch.chdir(tmp_path / "shop")
    description = Path("abi/shop.abi")
    assert main(["release", str(description)]) == 0
    text = description.read_text(encoding="utf-8")
    more = "    @since(0.1.1) fn more(self: const) -> u32;\n}\n\n/// The version"
    added = text.replace("}\n\n/// The version", more)
    assert added != text
    description.write_text(added, encoding="utf-8")
    assert main(["bump", str(description)]) == 0
    assert main(["generate"]) == 0
    capsys.readouterr()
    assert main(["check"]) == 0
    said = capsys.readouterr()
    assert "warning" not in said.out + said.err


@pytest.mark.slow
def test_the_readme_names_what_is_there_and_what_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "My Shop"]) == 0
    monkeypatch.chdir(tmp_path / "My Shop")
    text = Path("README.md").read_text(encoding="utf-8")
    assert text.startswith("# my_shop\n")
    commands = re.findall(r"^\$ abilock (.*)$", text, re.MULTILINE)
    assert commands == ["generate", "check"]
    for command in commands:
        assert main(command.split()) == 0
    for name in re.findall(r"\| `([^`]+)`", text):
        assert name.startswith("[") or Path(name).exists(), name
    capsys.readouterr()


def test_git_takes_what_is_written_and_leaves_what_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "."]) == 0
    assert main(["generate"]) == 0
    capsys.readouterr()
    built = Path("generated/x/__pycache__/x.pyc")
    built.parent.mkdir(parents=True)
    built.touch()
    Path("generated/x/native.so").touch()
    run(["git", "init", "--quiet"], check=True)
    run(["git", "add", "."], check=True)
    names = run(["git", "ls-files"], check=True, capture_output=True, text=True).stdout.split()
    asked = ["git", "check-attr", "linguist-generated", "--", *names]
    said = run(asked, check=True, capture_output=True, text=True).stdout.splitlines()
    assert {line for line in said if line.endswith(": true")} == {
        line for line in said if line.startswith("generated/") and "/report.txt:" not in line
    }
    assert {"README.md", ".gitignore", "pyproject.toml", "generated/MANIFEST.json"} <= set(names)
    assert not [
        name for name in names if ".abilock-cache" in name or name.startswith("generated/x/")
    ]


def test_files_that_are_there_stay_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("README.md", ".gitignore", ".gitattributes")
    for name in names:
        Path(name).write_text("mine\n", encoding="utf-8")
    assert main(["init", "."]) == 0
    said = capsys.readouterr()
    for name in names:
        assert Path(name).read_text(encoding="utf-8") == "mine\n"
        assert f"{name} is yours, and stays as it is" in said.err
        assert name not in said.out


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
