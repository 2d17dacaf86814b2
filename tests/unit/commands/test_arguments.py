"""Wrong arguments, and what the system does not let a command do: a code, what is wrong and what to do, in
the format that was asked for."""

from __future__ import annotations

import errno
import json

import pytest

from abilock.arguments import FINDINGS, worded
from abilock.cli import main

#: What is typed, and what is said of it.
WRONG = {
    "layuot": "there is no command `layuot`",
    "layout a.abi --traget all": "`abilock layout` does not take `--traget all`",
    "layout a.abi --color alwys": "`--color` is `auto`, `always` or `never`, and not `alwys`",
    "--color never check": "`--color` stands behind the command, as in `abilock check --color …`",
    "layout": "`abilock layout` needs FILE",
    "diff": "`abilock diff` needs OLD and NEW",
    "verify a.so": "`abilock verify` needs `--witness`",
    "check --config": "`--config` needs a value",
    "fmt --check=1 a.abi": "`--check` takes no value, and got `1`",
    "diff a b --f": "`--f` may be `--format` or `--fix`",
    "init a b": "`abilock init` does not take `b`",
    "generate --format sarif": "`--format sarif` is for findings",
    "generate --diff --format json": "a diff is text",
    "fmt --format json a.abi": "`--format json` goes with `fmt --check` only",
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_arguments_have_a_code(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line.split(" ")) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: abilock ")
    _, found, said = err.partition("error[A1301]: ")
    assert found
    message, hint = said.splitlines()
    assert message == WRONG[line]
    assert hint.startswith("  = hint: ")


@pytest.mark.parametrize("format", FINDINGS)
def test_they_are_told_in_the_format_that_was_asked_for(
    format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "--format", format, "a.abi"]) == 2
    out, err = capsys.readouterr()
    assert "A1301" in out or format == "github"
    assert "abilock diff" in out
    assert err.startswith("usage: abilock diff ")
    assert "error" not in err


@pytest.mark.parametrize(
    ("line", "is_json"),
    [
        ("diff a.abi --format=json", True),
        ("chekc --form json", True),
        ("check --color x --format json", True),
        ("check --format json --format xml", False),
        ("bump --format sarif --no", False),
        ("doc --format json a.abi", False),
        ("check --format", False),
    ],
)
def test_only_a_format_that_there_is_counts(
    line: str, is_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split(" ")) == 2
    out, err = capsys.readouterr()
    assert ("error[A1301]" in err) is not is_json
    if is_json:
        (found,) = json.loads(out)["findings"]
        assert (found["code"], found["level"]) == ("A1301", "error")


def test_what_was_typed_cannot_take_a_terminal_over(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--\x1b[2J\u202e"]) == 2
    assert not {"\x1b", "\u202e"} & set(capsys.readouterr().err)


def test_messages_that_nobody_knows_are_told_as_they_are() -> None:
    assert worded("abilock", "something new") == "something new"
    newer = "argument --color: invalid choice: 'x' (choose from auto, never)"
    assert worded("abilock", newer) == "`--color` is `auto` or `never`, and not `x`"


@pytest.mark.parametrize("format", ["text", "json"])
def test_troubles_of_the_system_have_a_code(
    format: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "abi/shop.abi")

    monkeypatch.setattr("abilock.commands.check.check", full)
    assert main(["check", "--format", format]) == 2
    out, err = capsys.readouterr()
    message, hint = (
        "abi/shop.abi: No space left on device",
        "make room on the disk, and run it again",
    )
    if format == "text":
        assert (out, err) == ("", f"error[A1302]: {message}\n  = hint: {hint}\n")
    else:
        (found,) = json.loads(out)["findings"]
        assert (found["code"], found["message"], found["hint"]) == ("A1302", message, hint)
        assert err == ""


@pytest.mark.parametrize(
    "line", ["explain nope", "check --today tomorrow", "init ", "diff --fix a.json b.json"]
)
def test_what_a_command_refuses_has_a_code(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line.split(" ")) == 2
    out, err = capsys.readouterr()
    assert (out or err).startswith("error[A1301]: ")
    assert "\n  = hint: " in out + err
