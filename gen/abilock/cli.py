"""The command line: parse arguments, print, choose the exit code. Nothing else prints or exits.

Commands are imported when they are called, so that a run which has nothing to do costs little more
than starting Python.
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from abilock.progress import Line, Progress
from abilock.source import printable
from abilock.troubles import what_to_do

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from abilock.commands.outcome import Outcome

_DESCRIPTION = "Plugin ABIs, written down once: headers, bindings, layouts and docs that agree."
_TEXT, _JSON = "text", "json"
#: How findings can be written for other programs.
_FINDINGS = (_JSON, "markdown", "sarif", "github", "gitlab", "junit")
_ANY_FILE = (
    "a description; `-`: standard input, `x@1.2.0`: a release, `REV:path.abi`: a file of a revision"
)
_EPILOG = "Exit codes: 0 nothing to report, 1 findings, 2 input broken or used wrongly."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if arguments is None:
        # A run builds trees that live until it ends; looking for cycles in them costs a third of it.
        gc.disable()
        _prepare_streams()
        if sys.stdout is None:
            return _fail("standard output is closed, and results go there")
    try:
        return _main(arguments)
    except _Unwritten as failure:
        return failure.code
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        return _fail(f"{where}{error.strerror or error}; {what_to_do(error)}")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("abilock")
    except PackageNotFoundError:
        return "of a checkout that is not installed"


def _main(arguments: Sequence[str] | None) -> int:
    parser = _parser()
    options = _parsed(parser, arguments)
    if options.version:
        _write(f"abilock {_version()}\n")
        return 0
    if options.command is None:
        parser.print_help()
        return 0
    refused = _without_format(options)
    if refused:
        return _fail(refused)
    with Line(sys.stderr) as line:
        outcome = _run(options, _told(line))
    _show(outcome, options)
    return outcome.code


def _parsed(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options. Names may stand behind them, too, which argparse takes for something unknown."""
    given = sys.argv[1:] if arguments is None else arguments
    if given and given[0].startswith(("--color", "--format")):
        parser.error(f"{given[0]} stands behind the command, as in `abilock check {given[0]} …`")
    options, rest = parser.parse_known_args(given)
    operands = next((key for key in ("names", "files") if hasattr(options, key)), None)
    if rest and (operands is None or any(one.startswith("-") and one != "-" for one in rest)):
        options.parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest and operands is not None:
        setattr(options, operands, [*getattr(options, operands), *rest])
    return options


def _prepare_streams() -> None:
    """Results are UTF-8 whatever the locale says, and no message is lost for a letter that a terminal
    does not have."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    if isinstance(sys.stderr, TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")
    elif sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as we run


class _Unwritten(Exception):
    """Standard output takes no more. ``code``: what to exit with, all being said."""

    def __init__(self, code: int) -> None:
        self.code = code


def _write(text: str) -> None:
    """Put a result, or a part of it, on standard output.

    Raises:
        _Unwritten: it cannot be written.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # Python would complain again while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise _Unwritten(0) from None  # the reader went away, as `head` does
        reason = f"{error.strerror or error}; {what_to_do(error)}"
        code = _fail(f"cannot write the result to standard output: {reason}")
        raise _Unwritten(code) from None


class _Parser(argparse.ArgumentParser):
    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """As that of argparse, which says nothing of a disk that is full."""
        if file is None:
            _write(self.format_help())
        else:
            file.write(self.format_help())

    def error(self, message: str) -> NoReturn:
        """As that of argparse, which shows what was typed as it is, and says not what to do."""
        hint = self._hint(message)
        super().error(printable(message) + (f"\n  = hint: {hint}" if hint else ""))

    def _hint(self, message: str) -> str:
        from difflib import get_close_matches

        wrong = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        known = re.findall(r"[\w-]+", wrong[2]) if wrong else []
        if message.startswith("unrecognized arguments: "):
            wrong = re.search(r": (-[^\s=]*)", message)
            known = re.findall(r"--?[a-z]+[a-z-]*", self.format_help())
        near = get_close_matches(wrong[1], known, n=1) if wrong else []
        return f"did you mean `{near[0]}`?" if near else f"`{self.prog} --help` says what there is"


def _fail(message: str) -> int:
    print(f"abilock: {printable(message)}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    shared = _Parser(add_help=False)
    shared.set_defaults(format=_TEXT)
    shared.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    parser = _Parser("abilock", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("--version", action="store_true", help="print the version of abilock")
    # With `prog`, argparse need not format a usage line that nobody asked for.
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog="abilock")

    def command(name: str, summary: str, *formats: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=summary, description=summary, parents=[shared])
        made.set_defaults(parser=made)
        if formats:
            choices = (_TEXT, *formats)
            made.add_argument("--format", choices=choices, help="what the result is written in")
        return made

    generate = command("generate", "write what the configuration lists", *_FINDINGS)
    generate.add_argument(
        "files", nargs="*", metavar="FILE", help="only these, of those that are configured"
    )
    generate.add_argument(
        "--check", action="store_true", help="write nothing; report what is stale"
    )
    generate.add_argument(
        "--diff", action="store_true", help="write nothing; show what would change"
    )
    generate.add_argument("--force", action="store_true", help="overwrite files edited by hand")
    generate.add_argument("--config", metavar="PYPROJECT", help="the pyproject.toml to use")

    check = command(
        "check", "every gate at once: descriptions, generated files, releases", *_FINDINGS
    )
    check.add_argument(
        "files", nargs="*", metavar="FILE", help="only these, of those that are configured"
    )
    check.add_argument(
        "--against", metavar="REV", help="what is released there is unchanged here (origin/main)"
    )
    check.add_argument("--config", metavar="PYPROJECT", help="the pyproject.toml to use")
    check.add_argument(
        "--today", metavar="DATE", help="judge exceptions by this day instead of the present one"
    )

    release = command("release", "freeze the version that a description has", _JSON)
    release.add_argument("file", metavar="FILE", help="a description")

    history = command("history", "what each release changed, and whether its number says so", _JSON)
    history.add_argument("file", metavar="FILE", help="a description, or the name of its ABI")

    bump = command("bump", "write the number that the changes since the last release need", _JSON)
    bump.add_argument("file", metavar="FILE", help="a description")
    bump.add_argument("--check", action="store_true", help="write nothing; say what is needed")

    diff = command("diff", "what changed, whom it hurts, which version it needs", *_FINDINGS)
    diff.add_argument("old", metavar="OLD", help=_ANY_FILE)
    diff.add_argument("new", metavar="NEW", help="the same")
    diff.add_argument(
        "--fix", action="store_true", help="print NEW in its compatible form, where there is one"
    )

    layout = command("layout", "sizes, offsets and holes", _JSON)
    layout.add_argument("file", metavar="FILE", help=_ANY_FILE)
    layout.add_argument("names", nargs="*", default=[], metavar="NAME", help="only these types")
    layout.add_argument(
        "--target", action="append", default=[], metavar="TRIPLE", help="may be repeated; or `all`"
    )

    fmt = command("fmt", "format descriptions", _JSON)
    fmt.add_argument("files", nargs="+", metavar="FILE", help=_ANY_FILE)
    fmt.add_argument("--check", action="store_true", help="write nothing; list what would change")
    fmt.add_argument("--diff", action="store_true", help="write nothing; show what would change")

    explain = command("explain", "what a code means and how to fix it", _JSON)
    explain.add_argument(
        "topic",
        nargs="?",
        metavar="CODE",
        help="a code (A0408, C0102), an attribute (@len), `attributes` or `targets`",
    )

    verify = command("verify", "what libraries prove of their layouts", *_FINDINGS)
    verify.add_argument(
        "files", nargs="+", metavar="FILE", help="a shared library; it is not loaded"
    )
    verify.add_argument(
        "--witness",
        action="store_true",
        required=True,
        help="hold the record that was compiled into it against the description",
    )
    verify.add_argument(
        "--abi", metavar="FILE", help=f"{_ANY_FILE}; by default the configured one of the same name"
    )
    verify.add_argument("--config", metavar="PYPROJECT", help="the pyproject.toml to use")

    init = command("init", "start a project")
    init.add_argument("folder", metavar="DIR")

    doc = command("doc", "the reference page of a description")
    doc.add_argument("file", metavar="FILE", help=_ANY_FILE)
    return parser


def _run(options: argparse.Namespace, progress: Progress) -> Outcome:
    as_json = options.format == _JSON
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
                color=_wants_color(options.color, sys.stdout),
                progress=progress,
            )
        case "layout":
            from abilock.commands.layout import layout

            color = _wants_color(options.color, sys.stdout)
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
            print(step, file=sys.stderr, flush=True)
        else:
            line(step)

    return show


def _without_format(options: argparse.Namespace) -> str | None:
    """Why a command has no result of the format that was asked for."""
    if options.format == _TEXT:
        return None
    if options.command == "generate" and options.diff:
        return f"a diff is text; leave out `--format {options.format}`, or `--diff`"
    if options.command == "generate" and not options.check and options.format != _JSON:
        return f"`--format {options.format}` is for findings; add `--check`, or use `abilock check`"
    if options.command == "fmt" and (options.diff or not options.check):
        return f"`--format {options.format}` goes with `fmt --check` only"
    return None


def _show(outcome: Outcome, options: argparse.Namespace) -> None:
    if options.format == _TEXT:
        _show_text(outcome, options)
    elif outcome.result and outcome.data is None:
        # Made by the command in the format that was asked for; what is to be said of it goes beside.
        _show_text(outcome, options)
    else:
        _show_format(outcome, options.format)
    for remark in outcome.remarks:
        # Names in it are clean by now, and lines are its own.
        print("\n".join(map(printable, remark.split("\n"))), file=sys.stderr)


def _show_format(outcome: Outcome, name: str) -> None:
    """The findings, for another program."""
    if (
        name == _JSON
        and not outcome.report.diagnostics
        and outcome.remarks
        and outcome.data is None
    ):
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
    _write(FORMATS[name](findings))


def _show_text(outcome: Outcome, options: argparse.Namespace) -> None:
    if outcome.result:
        _write(outcome.result)
    if not outcome.report.diagnostics:
        return
    from abilock.diagnostics.render import render_text

    stream = sys.stdout if outcome.is_findings else sys.stderr
    text = render_text(outcome.report, color=_wants_color(options.color, stream))
    if outcome.is_findings:
        _write(text)
    else:
        stream.write(text)


def _wants_color(choice: str, stream: TextIO) -> bool:
    if choice == "auto":
        return stream.isatty() and not os.environ.get("NO_COLOR")
    return choice == "always"
