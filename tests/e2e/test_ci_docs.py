"""What the page about CI shows is what happens."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import wrap
from xml.etree import ElementTree

import pytest
import yaml

from abilock.arguments import FINDINGS
from abilock.cli import main
from abilock.config import _ACCEPT_KEYS, load_config
from abilock.diagnostics.report import Report
from support.golden import assert_golden

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/ci.md").read_text("utf-8")
COMMANDS = (ROOT / "docs/commands.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
CONFIG = '[tool.abilock]\nabi = ["abi/shop.abi"]\noutputs = ["header"]\ncompilers = []\n'
SLOT = "    fn opens_at(self: const) -> u32;\n"
WIDTH = 95


def blocks(language: str, text: str = PAGE) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shop of the README: released, and then a slot was inserted under the next patch version."""
    (tmp_path / "abi").mkdir()
    (tmp_path / "pyproject.toml").write_text(CONFIG)
    description = tmp_path / "abi/shop.abi"
    (text,) = blocks("abi", README)
    description.write_text(text)
    monkeypatch.chdir(tmp_path)
    assert main(["release", "abi/shop.abi"]) == 0
    before = "    @fails(< 0) fn sell"
    assert before in text
    description.write_text(text.replace(before, SLOT + before).replace("1.0.0", "1.0.1"))
    assert main(["generate"]) == 0
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], name: str) -> str:
    capsys.readouterr()
    assert main(["check", "--format", name]) == 1
    return capsys.readouterr().out


@pytest.mark.usefixtures("project")
def test_reviewers_see_what_the_page_shows(bless: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """Three pictures: the annotation, the comment, the summary of the tests."""
    (comment,) = blocks("markdown")
    annotation, tests = blocks("text")
    page = PAGE.replace(annotation, drawn_annotation(told(capsys, "github")))
    page = page.replace(comment, told(capsys, "markdown"))
    page = page.replace(tests, drawn_tests(told(capsys, "junit")))
    assert_golden(ROOT / "docs/ci.md", page, bless)


def drawn_annotation(commands: str) -> str:
    """What GitHub shows of the change."""
    (shown,) = [line for line in commands.splitlines() if " C0102 " in line]
    properties, _, text = shown.partition("::error ")[2].partition("::")
    known = dict(one.split("=") for one in properties.split(","))
    head = f"┌ {known['file']}:{known['line']} "
    lines = [
        f"✗ {known['title']}",
        *(f"  {line}" for part in text.split("%0A") for line in wrap(part, WIDTH - 2)),
    ]
    boxed = [f"{head:─<{WIDTH + 3}}┐", *(f"│ {line:<{WIDTH}} │" for line in lines)]
    return "\n".join([*boxed, f"└{'─' * (WIDTH + 2)}┘", ""])


def drawn_tests(xml: str) -> str:
    """What GitLab shows of the tests: those that failed come first."""
    root = ElementTree.fromstring(xml)
    rows = []
    for case in root.iter("testcase"):
        failure = case.find("failure")
        mark, why = ("✓", "") if failure is None else ("✗", failure.get("message", ""))
        rows.append(f"  {mark} {case.get('name'):<17}{case.get('classname'):<14}{why}".rstrip())
    rows.sort(key=lambda row: "✓" in row)
    head = f"Test summary: {root.get('failures')} failed, {root.get('tests')} total"
    return "\n".join([head, *rows, ""])


def test_the_exception_is_one(tmp_path: Path) -> None:
    (shown,) = blocks("toml")
    (tmp_path / "abi").mkdir()
    (tmp_path / "abi/shop.abi").touch()
    (tmp_path / "pyproject.toml").write_text(f"{CONFIG}\n{shown}")
    report = Report()
    config = load_config(tmp_path / "pyproject.toml", report)
    assert not report.diagnostics
    assert config is not None
    assert len(config.accept) == 1


def test_every_format_is_listed() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \|$", PAGE.partition("## GitHub")[0], re.MULTILINE)
    assert set(rows) == {"text", *FINDINGS}
    for name in ("text", *FINDINGS):
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
