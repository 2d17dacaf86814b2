"""What the command line takes: commands, options, and what does not go together."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from abilock.source import printable
from abilock.terminal import write

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_DESCRIPTION = "Plugin ABIs, written down once: headers, bindings, layouts and docs that agree."
TEXT, JSON = "text", "json"
#: How findings can be written for other programs.
FINDINGS = (JSON, "markdown", "sarif", "github", "gitlab", "junit")
_ANY_FILE = (
    "a description; `-`: standard input, `x@1.2.0`: a release, `REV:path.abi`: a file of a revision"
)
_EPILOG = "Exit codes: 0 nothing to report, 1 findings, 2 input broken or used wrongly."


class WrongArguments(Exception):
    """What was typed is no command. ``usage``: the line that shows what is one; ``format``: the one in
    which findings were asked for."""

    def __init__(self, usage: str, message: str, hint: str, formats: Sequence[str]) -> None:
        super().__init__(message)
        self.usage, self.message, self.hint = usage, message, hint
        self.formats = formats
        self.format = TEXT


def parsed(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options. Names may stand behind them, too, which argparse takes for something unknown.

    Raises:
        WrongArguments: they are none.
    """
    given = sys.argv[1:] if arguments is None else arguments
    try:
        return _parsed(parser, given)
    except WrongArguments as wrong:
        wrong.format = _format_in(given, wrong.formats)
        raise


def _parsed(parser: argparse.ArgumentParser, given: Sequence[str]) -> argparse.Namespace:
    if given and given[0].startswith(("--color", "--format")):
        parser.error(f"`{given[0]}` stands behind the command, as in `abilock check {given[0]} …`")
    options, rest = parser.parse_known_args(given)
    operands = next((key for key in ("names", "files") if hasattr(options, key)), None)
    if rest and (operands is None or any(one.startswith("-") and one != "-" for one in rest)):
        options.parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest and operands is not None:
        setattr(options, operands, [*getattr(options, operands), *rest])
    return options


def _format_in(given: Sequence[str], formats: Sequence[str]) -> str:
    """The format that is asked for, among arguments that are wrong somewhere."""
    found = TEXT
    for place, each in enumerate(given):
        name, is_here, value = each.partition("=")
        if len(name) >= len("--fo") and "--format".startswith(name):
            value = value if is_here else "".join(given[place + 1 : place + 2])
            found = value if value in formats else TEXT
    return found


class _Parser(argparse.ArgumentParser):
    #: The formats in which it has findings.
    formats: tuple[str, ...] = FINDINGS

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """As that of argparse, which says nothing of a disk that is full."""
        if file is None:
            write(self.format_help())
        else:
            file.write(self.format_help())

    def error(self, message: str) -> NoReturn:
        """For whoever prints it: argparse shows what was typed as it is, and says not what to do."""
        said, hint = printable(worded(self.prog, message)), printable(self._hint(message))
        raise WrongArguments(self.format_usage(), said, hint, self.formats)

    def _hint(self, message: str) -> str:
        from difflib import get_close_matches

        wrong = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        known = re.findall(r"[\w-]+", wrong[2]) if wrong else []
        if message.startswith("unrecognized arguments: "):
            wrong = re.search(r": (-[^\s=]*)", message)
            known = re.findall(r"--?[a-z]+[a-z-]*", self.format_help())
        near = get_close_matches(wrong[1], known, n=1) if wrong else []
        return f"did you mean `{near[0]}`?" if near else f"`{self.prog} --help` says what there is"


def worded(program: str, message: str) -> str:
    """What argparse finds wrong, in the words of all other messages."""
    for pattern, told in _WORDED:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found is not None:
            return told(program, *found.groups())
    return message


def _required(program: str, names: str) -> str:
    *most, last = (f"`{each}`" if each.startswith("-") else each for each in names.split(", "))
    return (
        f"`{program}` needs {', '.join(most)} and {last}" if most else f"`{program}` needs {last}"
    )


def _chosen(_: str, name: str, value: str, choices: str) -> str:
    if name == "COMMAND":
        return f"there is no command `{value}`"
    *most, last = (f"`{each}`" for each in re.findall(r"[\w-]+", choices))
    return f"`{name}` is {', '.join(most)} or {last}, and not `{value}`"


def _several(_: str, name: str, names: str) -> str:
    *most, last = (f"`{each}`" for each in names.split(", "))
    return f"`{name}` may be {', '.join(most)} or {last}"


#: Messages of argparse, and what is said instead.
_WORDED: Sequence[tuple[str, Callable[..., str]]] = (
    (r"unrecognized arguments: (.*)", lambda program, rest: f"`{program}` does not take `{rest}`"),
    (r"the following arguments are required: (.*)", _required),
    (r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", _chosen),
    (r"argument (\S+): expected .*", lambda _, name: f"`{name}` needs a value"),
    (
        r"argument (\S+): ignored explicit argument '(.*)'",
        lambda _, name, value: f"`{name}` takes no value, and got `{value}`",
    ),
    (r"ambiguous option: (\S+) could match (.*)", _several),
)


def command_line() -> argparse.ArgumentParser:
    """All commands with their options."""
    shared = _Parser(add_help=False)
    shared.set_defaults(format=TEXT)
    shared.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    parser = _Parser("abilock", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("--version", action="store_true", help="print the version of abilock")
    # With `prog`, argparse need not format a usage line that nobody asked for.
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog="abilock")

    def command(name: str, summary: str, *formats: str) -> _Parser:
        made: _Parser = commands.add_parser(
            name, help=summary, description=summary, parents=[shared]
        )
        made.set_defaults(parser=made)
        made.formats = formats
        if formats:
            choices = (TEXT, *formats)
            made.add_argument("--format", choices=choices, help="what the result is written in")
        return made

    generate = command("generate", "write what the configuration lists", *FINDINGS)
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
        "check", "every gate at once: descriptions, generated files, releases", *FINDINGS
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

    release = command("release", "freeze the version that a description has", JSON)
    release.add_argument("file", metavar="FILE", help="a description")

    history = command("history", "what each release changed, and whether its number says so", JSON)
    history.add_argument(
        "file",
        metavar="FILE",
        help="a description, its ABI, or the release that is the last one told",
    )

    bump = command("bump", "write the number that the changes since the last release need", JSON)
    bump.add_argument("file", metavar="FILE", help="a description")
    bump.add_argument("--check", action="store_true", help="write nothing; say what is needed")

    diff = command("diff", "what changed, whom it hurts, which version it needs", *FINDINGS)
    diff.add_argument("old", metavar="OLD", help=_ANY_FILE)
    diff.add_argument("new", metavar="NEW", help="the same")
    diff.add_argument(
        "--fix", action="store_true", help="print NEW in its compatible form, where there is one"
    )

    layout = command("layout", "sizes, offsets and holes", JSON)
    layout.add_argument("file", metavar="FILE", help=_ANY_FILE)
    layout.add_argument("names", nargs="*", default=[], metavar="NAME", help="only these types")
    layout.add_argument(
        "--target", action="append", default=[], metavar="TRIPLE", help="may be repeated; or `all`"
    )

    fmt = command("fmt", "format descriptions", JSON)
    fmt.add_argument("files", nargs="+", metavar="FILE", help=_ANY_FILE)
    fmt.add_argument("--check", action="store_true", help="write nothing; list what would change")
    fmt.add_argument("--diff", action="store_true", help="write nothing; show what would change")

    explain = command("explain", "what a code means and how to fix it", JSON)
    explain.add_argument(
        "topic",
        nargs="?",
        metavar="CODE",
        help="a code (A0408, C0102), an attribute (@len), `attributes` or `targets`",
    )

    verify = command("verify", "what libraries prove of their layouts", *FINDINGS)
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


def without_format(options: argparse.Namespace) -> tuple[str, str] | None:
    """Why a command has no result of the format that was asked for, and what to do."""
    if options.format == TEXT:
        return None
    asked = f"`--format {options.format}`"
    if options.command == "generate" and options.diff:
        return "a diff is text", f"leave out {asked}, or `--diff`"
    if options.command == "generate" and not options.check and options.format != JSON:
        return f"{asked} is for findings", "add `--check`, or use `abilock check`"
    if options.command == "fmt" and (options.diff or not options.check):
        return f"{asked} goes with `fmt --check` only", f"leave out {asked}, or add `--check`"
    return None
