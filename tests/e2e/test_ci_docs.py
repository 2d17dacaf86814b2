"""What the page about CI shows is what happens."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from abilock.cli import _FINDINGS, main
from abilock.config import _ACCEPT_KEYS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/ci.md").read_text("utf-8")
COMMANDS = (ROOT / "docs/commands.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
CONFIG = '[tool.abilock]\nabi = ["abi/shop.abi"]\noutputs = ["header"]\n\n'
TODAY = "2030-01-31"


def blocks(language: str, text: str = PAGE) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose header was edited, with the exception that the page shows."""
    (tmp_path / "abi").mkdir()
    (tmp_path / "abi/shop.abi").write_text(blocks("abi", README)[0])
    (exception,) = blocks("toml")
    (tmp_path / "pyproject.toml").write_text(CONFIG + exception)
    monkeypatch.chdir(tmp_path)
    assert main(["generate"]) == 0
    header = tmp_path / "generated/shop/include/shop.h"
    header.write_text(header.read_text() + "// mine\n")
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], name: str) -> str:
    capsys.readouterr()
    assert main(["check", "--today", TODAY, "--format", name]) == 1
    return capsys.readouterr().out


def test_reviewers_see_what_the_page_shows(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (comment,) = blocks("markdown")
    assert told(capsys, "markdown") == comment
    annotation, tests = blocks("text")
    (shown,) = [line for line in told(capsys, "github").splitlines() if "A0904" in line]
    properties, _, text = shown.partition("::error ")[2].partition("::")
    drawn = " ".join(" ".join(line.strip("│┌┐└┘─ ") for line in annotation.splitlines()).split())
    known = dict(one.split("=") for one in properties.split(","))
    assert drawn == f"{known['file']} ✗ {known['title']} {text.replace('%0A', ' ')}"
    root = ElementTree.fromstring(told(capsys, "junit"))
    head, *rows = tests.splitlines()
    total, failed = root.get("tests"), root.get("failures")
    assert head == f"Test summary: {failed} failed, {total} total"
    listed = {tuple(re.split(r" {2,}", row.strip())) for row in rows}
    assert listed == {
        (f"✗ {case.get('name')}", case.get("classname"), failure.get("message"))
        if (failure := case.find("failure")) is not None
        else (f"✓ {case.get('name')}", case.get("classname"))
        for case in root.iter("testcase")
    }


def test_every_format_is_listed() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \|$", PAGE.partition("## GitHub")[0], re.MULTILINE)
    assert set(rows) == {"text", *_FINDINGS}
    for name in ("text", *_FINDINGS):
        assert f"`{name}`" in COMMANDS


def test_every_key_of_an_exception_is_listed() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.partition("## Accepted exceptions")[2], re.MULTILINE)
    assert set(rows) == set(_ACCEPT_KEYS)


def test_the_workflow_is_the_one_of_this_repository() -> None:
    workflow = blocks("yaml")[0].replace("OWNER/abilock@REVISION", "./")
    assert workflow == (ROOT / ".github/workflows/abilock.yml").read_text("utf-8")


def test_the_job_of_gitlab_is_there() -> None:
    shown = yaml.safe_load(blocks("yaml")[1])
    (included,) = shown.pop("include")
    job = yaml.safe_load((ROOT / included["file"]).read_text("utf-8"))
    for name, changed in shown.items():
        assert set(changed["variables"]) <= set(job[name]["variables"])


def test_the_hooks_are_all_there() -> None:
    (used,) = yaml.safe_load(blocks("yaml")[2])["repos"]
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert {hook["id"] for hook in used["hooks"]} == {hook["id"] for hook in hooks}


def test_json_is_what_the_page_of_the_commands_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "abi").mkdir()
    (tmp_path / "abi/shop.abi").write_text("abi shop 1.0.0;\nstruct A { a: u33 }\n")
    (tmp_path / "pyproject.toml").write_text(CONFIG)
    capsys.readouterr()
    assert main(["check", "--format", "json"]) == 2
    (shown,) = blocks("json", COMMANDS)
    assert json.loads(capsys.readouterr().out) == json.loads(shown)
