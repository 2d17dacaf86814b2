"""The command line: call a command, print what came of it, choose the exit code.

Commands are imported when they are called, so that a run which has nothing to do costs little more
than starting Python.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from abilock.arguments import JSON, TEXT, WrongArguments, command_line, parsed, without_format
from abilock.progress import Line, Progress
from abilock.source import printable
from abilock.terminal import Unwritten, prepare_streams, tell, wants_color, write
from abilock.troubles import said_by_system, what_to_do

if TYPE_CHECKING:
    from abilock.commands.outcome import Outcome

_OPEN_IT = "let it lead to a file, a pipe or a terminal; `>/dev/null` for nowhere"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if arguments is None:
        # A run builds trees that live until it ends; looking for cycles in them costs a third of it.
        gc.disable()
        prepare_streams()
        if sys.stdout is None:
            return _fail("standard output is closed, and results go there", _OPEN_IT)
    try:
        return _main(arguments)
    except Unwritten as failure:
        if failure.reason is None:
            return 0
        told = f"cannot write the result to standard output: {said_by_system(failure.reason)}"
        return _fail(told, what_to_do(failure.reason))
    except OSError as error:
        return _fail(said_by_system(error), what_to_do(error))


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("abilock")
    except PackageNotFoundError:
        return "of a checkout that is not installed"


def _main(arguments: Sequence[str] | None) -> int:
    parser = command_line()
    try:
        options = parsed(parser, arguments)
    except WrongArguments as wrong:
        return _refuse(wrong.usage, wrong.message, wrong.hint, wrong.format)
    if options.version:
        write(f"abilock {_version()}\n")
        return 0
    if options.command is None:
        parser.print_help()
        return 0
    wrong_format = without_format(options)
    if wrong_format:
        return _refuse(options.parser.format_usage(), *wrong_format, TEXT)
    try:
        with Line(sys.stderr) as line:
            outcome = _run(options, _told(line))
    except OSError as error:
        outcome = _troubled(said_by_system(error), what_to_do(error))
    _show(outcome, options)
    return outcome.code


def _fail(message: str, hint: str) -> int:
    """Say what kept a command from telling its result, in words: nothing else can be told."""
    from abilock.diagnostics.render import render_text

    outcome = _troubled(message, hint)
    tell(render_text(outcome.report))
    return outcome.code


def _troubled(message: str, hint: str) -> Outcome:
    from abilock.commands.outcome import refused
    from abilock.diagnostics import catalog

    return refused(message, hint, catalog.SYSTEM_ERROR)


def _refuse(usage: str, message: str, hint: str, format: str) -> int:
    """Say that a command was used wrongly, in the format that was asked for where that is known."""
    from abilock.commands.outcome import refused

    tell(usage)
    outcome = refused(message, hint)
    _show(outcome, argparse.Namespace(format=format, color="auto"))
    return outcome.code


def _run(options: argparse.Namespace, progress: Progress) -> Outcome:
    as_json = options.format == JSON
    match options.command:
        case "generate":
            from abilock.commands.generate import generate

            return generate(
                options.files,
                config=options.config,
                check_only=options.check,
                diff_only=options.diff,
                force=options.force,
                progress=progress,
            )
        case "check":
            from abilock.commands.check import check

            return check(
                options.files,
                config=options.config,
                against=options.against,
                today=options.today,
                progress=progress,
            )
        case "release":
            from abilock.commands.release import release

            return release(options.file, progress=progress)
        case "history":
            from abilock.commands.history import history

            return history(options.file, progress=progress)
        case "bump":
            from abilock.commands.bump import bump

            return bump(options.file, check_only=options.check, progress=progress)
        case "diff":
            from abilock.commands.diff import diff

            return diff(
                options.old,
                options.new,
                format=options.format,
                fix=options.fix,
                color=wants_color(options.color, sys.stdout),
                progress=progress,
            )
        case "layout":
            from abilock.commands.layout import layout

            color = wants_color(options.color, sys.stdout)
            return layout(
                options.file,
                options.names,
                options.target,
                as_json=as_json,
                color=color,
                progress=progress,
            )
        case "fmt":
            from abilock.commands.fmt import fmt

            return fmt(
                options.files, check_only=options.check, diff_only=options.diff, progress=progress
            )
        case "explain":
            from abilock.commands.explain import explain

            return explain(options.topic, as_json=as_json)
        case "verify":
            from abilock.commands.verify import verify

            return verify(options.files, abi=options.abi, config=options.config, progress=progress)
        case "init":
            from abilock.commands.init import init

            return init(options.folder)
        case _:
            from abilock.commands.doc import doc

            return doc(options.file, progress=progress)


def _told(line: Progress) -> Progress:
    """Whoever waits for another run is told so in any case, and for good."""

    def show(step: str) -> None:
        if step.startswith("waiting"):
            tell(f"{step}\n")
        else:
            line(step)

    return show


def _show(outcome: Outcome, options: argparse.Namespace) -> None:
    if options.format == TEXT:
        _show_text(outcome, options)
    elif outcome.result and outcome.data is None:
        # Made by the command in the format that was asked for; what is to be said of it goes beside.
        _show_text(outcome, options)
    else:
        _show_format(outcome, options.format)
    for remark in outcome.remarks:
        # Names in it are clean by now, and lines are its own.
        tell("\n".join(map(printable, remark.split("\n"))) + "\n")


def _show_format(outcome: Outcome, name: str) -> None:
    """The findings, for another program."""
    if name == JSON and not outcome.report.diagnostics and outcome.remarks and outcome.data is None:
        return
    from abilock.commands.outcome import BROKEN
    from abilock.descriptions import in_repository
    from abilock.diagnostics.formats.findings import MADE, Findings
    from abilock.diagnostics.formats.registry import FORMATS
    from abilock.diagnostics.gates import EVERY_GATE

    findings = Findings(
        outcome.report,
        lambda file: in_repository(outcome.root or Path(), file),
        outcome.data or {},
        outcome.checked,
        EVERY_GATE if outcome.is_everything else MADE,
        is_complete=outcome.code != BROKEN,
    )
    write(FORMATS[name](findings))


def _show_text(outcome: Outcome, options: argparse.Namespace) -> None:
    if outcome.result:
        write(outcome.result)
    if not outcome.report.diagnostics:
        return
    from abilock.diagnostics.render import render_text

    stream = sys.stdout if outcome.is_findings else sys.stderr
    text = render_text(outcome.report, color=wants_color(options.color, stream))
    if outcome.is_findings:
        write(text)
    else:
        tell(text)
