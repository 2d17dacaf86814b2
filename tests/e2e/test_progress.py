"""What takes long says on a terminal what it does, and leaves nothing of it behind."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from abilock import progress
from abilock.commands.generate import generate
from abilock.progress import Line

GEN = Path(__file__).parents[2] / "gen"
SLOTS = "".join(f"    fn slot_{at}(self: const, number: u32) -> u32;\n" for at in range(150))
ABI = f"abi shop 1.0.0;\n\nvtable Shop {{\n    state: *mut void,\n{SLOTS}}}\n"
#: Without the second of silence, and with an eye on every step.
EAGER = "import abilock.progress as p; p.DELAY, p.INTERVAL = 0, 0.0005;"


class Terminal(StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def settled(condition: Callable[[], bool]) -> bool:
    """Whether something comes true before long."""
    until = time.monotonic() + 10
    while not condition() and time.monotonic() < until:
        time.sleep(0.002)
    return condition()


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "DELAY", 0)
    monkeypatch.setattr(progress, "INTERVAL", 0.001)


@pytest.mark.usefixtures("eager")
def test_a_step_is_shown_while_it_lasts_and_then_it_is_gone() -> None:
    terminal = Terminal()
    with Line(terminal) as line:
        line("reading a.abi")
        assert settled(lambda: terminal.getvalue() == "\r\x1b[Kreading a.abi")
        line("checking a.abi")
        assert settled(lambda: terminal.getvalue().endswith("\r\x1b[Kchecking a.abi"))
    assert terminal.getvalue().endswith("checking a.abi\r\x1b[K")


@pytest.mark.usefixtures("eager")
def test_a_failure_takes_the_line_away_too() -> None:
    terminal = Terminal()

    def fail() -> None:
        with Line(terminal) as line:
            line("reading a.abi")
            assert settled(lambda: "reading" in terminal.getvalue())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert terminal.getvalue().endswith("\r\x1b[K")


@pytest.mark.usefixtures("eager")
def test_a_line_stays_one_line() -> None:
    terminal = Terminal()
    with Line(terminal) as line:
        line("reading a\n\x1b[2J" + "x" * 500)
        assert settled(lambda: "reading" in terminal.getvalue())
    shown = terminal.getvalue().split("\r\x1b[K")[1]
    assert shown.startswith("reading a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}[2Jxx")
    assert len(shown) == 79


def test_what_is_quick_says_nothing() -> None:
    terminal = Terminal()
    with Line(terminal) as line:
        line("reading a.abi")
    assert terminal.getvalue() == ""


@pytest.mark.usefixtures("eager")
def test_what_is_no_terminal_sees_nothing() -> None:
    stream = StringIO()
    with Line(stream) as line:
        line("reading a.abi")
        time.sleep(0.05)
    assert stream.getvalue() == ""


def on_a_terminal(root: Path, *command: str) -> str:
    """What a terminal gets from standard error."""
    ours, theirs = pty.openpty()
    run = f"{EAGER} from abilock.cli import main; raise SystemExit(main({list(command)!r}))"
    with subprocess.Popen(
        [sys.executable, "-c", run],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(GEN), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ) as running:
        os.close(theirs)
        pieces = []
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # what Linux says when nobody is left to write
                break
            if not piece:
                break
            pieces.append(piece)
    os.close(ours)
    assert running.returncode == 0
    return b"".join(pieces).decode()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "abi").mkdir()
    (tmp_path / "abi/shop.abi").write_text(ABI)
    (tmp_path / "pyproject.toml").write_text('[tool.abilock]\nabi = ["abi/shop.abi"]\n')
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "steps"),
    [
        (["generate"], ["reading abi/shop.abi", "checking abi/shop.abi"]),
        (["layout", "abi/shop.abi"], ["reading abi/shop.abi", "checking abi/shop.abi"]),
        (["doc", "abi/shop.abi"], ["reading abi/shop.abi", "checking abi/shop.abi"]),
        (["fmt", "--check", "abi/shop.abi"], ["formatting abi/shop.abi"]),
    ],
    ids=["generate", "layout", "doc", "fmt"],
)
def test_a_terminal_is_clean_in_the_end(
    project: Path, command: list[str], steps: list[str]
) -> None:
    shown = on_a_terminal(project, *command)
    told = list(dict.fromkeys(filter(None, shown.split("\r\x1b[K"))))
    assert [step for step in told if step in steps] == steps
    assert re.fullmatch(r"(\r\x1b\[K[^\r\n\x1b]*)+\r\x1b\[K", shown)


@pytest.mark.slow
def test_every_step_of_a_run_is_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    told: list[str] = []
    options = {"config": None, "check_only": False, "diff_only": False, "force": False}
    assert generate([], progress=told.append, **options).code == 0  # type: ignore[arg-type]
    steps = [
        *("reading abi/shop.abi", "checking abi/shop.abi", "laying out abi/shop.abi"),
        *("making header of abi/shop.abi", "making cffi of abi/shop.abi"),
        *("making shop/python/shop/_bridge.py", "comparing generated", "writing generated"),
    ]
    assert [step for step in told if step in steps] == steps
