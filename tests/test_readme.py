"""What the README shows is what happens."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from abilock.cli import main
from abilock.config import OUTPUT_NAMES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = (ROOT / "docs/commands.md").read_text("utf-8")
INSERTED = "    fn opens_at(self: const) -> u32;\n"


def block(language: str) -> str:
    """The code block of a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return str(found)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the description that the README shows."""
    (tmp_path / "abi").mkdir()
    (tmp_path / "pyproject.toml").write_text('[tool.abilock]\nabi = ["abi/shop.abi"]\n')
    (tmp_path / "abi/shop.abi").write_text(block("abi"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def insert(project: Path) -> None:
    """One slot, where the README says."""
    assert f"Insert `{INSERTED.strip()}` before `sell`" in README
    description = project / "abi/shop.abi"
    before = "    @fails(< 0) fn sell"
    description.write_text(description.read_text().replace(before, INSERTED + before))


def test_files_have_in_them_what_the_table_says(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate"]) == 0
    rows = re.findall(r"^\| [^|]+ \| `([\w/.-]+)` \| `(.+)` \|$", README, re.MULTILINE)
    made = {output for output in OUTPUT_NAMES if output != "layout_tests"}
    assert len(rows) == len(made) + 1
    for path, line in rows:
        text = (project / "generated/shop" / path).read_text("utf-8")
        assert line in [each.strip() for each in text.splitlines()], path
    capsys.readouterr()


def test_the_diff_is_what_one_slot_does(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate"]) == 0
    insert(project)
    capsys.readouterr()
    for arguments, code in ((["generate", "--diff"], 1), (["generate"], 0)):
        assert main(arguments) == code
        said = capsys.readouterr()
        assert block("text") == said.err
        assert block("text").splitlines()[1].strip() in COMMANDS
        if code:
            assert block("diff") in said.out


@pytest.mark.slow
def test_check_finds_what_it_is_said_to_find(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = project / "generated/shop/include/shop.h"
    assert main(["generate"]) == 0
    assert main(["check"]) == 0
    text = header.read_text("utf-8")
    header.write_text(text.replace("sell", "buy"))
    assert main(["check"]) == 1
    header.unlink()
    assert main(["check"]) == 1
    header.write_text(text)
    assert main(["check"]) == 0
    insert(project)
    assert main(["check"]) == 1
    for name in re.findall(r"`(?:--format )?(json|markdown|sarif|github)`", COMMANDS):
        assert main(["check", "--format", name]) == 1
    capsys.readouterr()


def test_the_description_is_in_canonical_form_and_as_short_as_it_is_said_to_be(
    project: Path,
) -> None:
    assert main(["fmt", "--check", "abi/shop.abi"]) == 0
    assert len([line for line in block("abi").splitlines() if line]) <= 10


def test_it_is_one_screen() -> None:
    """What is behind the first heading is for those who read on."""
    assert README.partition("\n## ")[0].count("\n") <= 75


@pytest.mark.slow
def test_the_past_is_what_history_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["history", "drasi", "--format", "json"]) == 0
    steps = json.loads(capsys.readouterr().out)["releases"][1:]
    assert f"Of the {len(steps)} releases that followed" in README
    wrong = [step for step in steps if not step["loader"]["caught"]]
    rows = re.findall(r"^\| ([0-9.]+) \| .+ \| ([0-9.]+) \| (.+) \|$", README, re.MULTILINE)
    assert rows == [(step["version"], step["required"], _accepted(step)) for step in wrong]


def _accepted(step: dict[str, Any]) -> str:
    loader = step["loader"]
    sides = {"old_plugin_new_host": "old plugins", "new_plugin_old_host": "new plugins"}
    return ", ".join(
        words
        for side, words in sides.items()
        if loader["accepts"][side] and not loader["should"][side]
    )


def test_the_commands_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(re.findall(r"`abilock (\w+)", README)) == {"check", "generate", "history", "init"}
    names = set(re.findall(r"^(?:\$ |\| `)abilock (\w+)", COMMANDS, re.MULTILINE))
    assert names == set(
        "bump check diff doc explain fmt generate history init layout release verify".split()
    )
    for name in names:
        with pytest.raises(SystemExit) as done:
            main([name, "--help"])
        assert done.value.code == 0
        assert name in capsys.readouterr().out


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_page_is_linked() -> None:
    for page in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{page.name})" in README


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^\$ make (\S+)$", README, re.MULTILINE)
    assert targets == ["generate", "test"]
    for target in targets:
        assert f"\n{target}:" in makefile
