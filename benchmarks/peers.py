"""What other checkers say of the changes of ``tests/support/pairs``, beside what abilock says.

Each pair is compiled to two shared libraries with debug information, which export the entries. Every tool
that is installed compares them as its documentation asks for; its exit code is what a build would see.
``--write`` puts the results into ``docs/peers.md`` and the table of the README; ``--only SLUG…`` shows the
pairs of these names, with what the tools print.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
for folder in (ROOT / "gen", ROOT / "tests"):
    sys.path.insert(0, str(folder))

from abilock.compat.outcomes import Outcome, Pairings  # noqa: E402
from abilock.compat.verdict import judge  # noqa: E402
from abilock.model.decls import EntryFunction, EntryStatic, Library  # noqa: E402
from abilock.model.types import Void  # noqa: E402
from abilock.outputs.c_declarations import declare, prototype_lines  # noqa: E402
from abilock.outputs.header.macros import header_naming  # noqa: E402
from support.library import library_of  # noqa: E402
from support.pairs import PAIRS  # noqa: E402
from support.pairs.base import Pair  # noqa: E402
from support.rendering import unformatted  # noqa: E402

PAGE = ROOT / "docs/peers.md"
TEMPLATE = ROOT / "benchmarks/peers.md"
README = ROOT / "README.md"
#: How the table of the README begins; it ends where a line is blank.
MARK = "\n| changes |"

#: Debug information of all types, also of those that no function of the library touches by itself.
CC = ("gcc", "-std=gnu11", "-g", "-Og", "-fPIC", "-shared", "-fno-eliminate-unused-debug-types")

#: Outcomes in the words that fit into a table.
SHORT: Mapping[Outcome, str] = {
    Outcome.FINE: "–",
    Outcome.GATED: "– (gated)",
    Outcome.FALLS_BACK: "– (falls back)",
    Outcome.NOT_FOUND: "does not load",
    Outcome.UNKNOWN_VALUE: "unknown value",
    Outcome.MISREADS: "misreads",
    Outcome.CALLS_NULL: "null",
    Outcome.WRONG_CALL: "wrong call",
    Outcome.WRONG_FUNCTION: "wrong function",
    Outcome.READS_PAST_END: "reads past the end",
    Outcome.WRITES_READ_ONLY: "writes to read-only",
    Outcome.WRITES_PAST_END: "writes past the end",
    Outcome.LEAKS: "leaks",
    Outcome.WRONG_FREE: "wrong free",
    Outcome.FREES_TWICE: "frees twice",
    Outcome.USES_FREED: "uses what was freed",
    Outcome.WRONG_THREAD: "wrong thread",
    Outcome.WRONG_TIME: "called too late",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool says: a word, whether a build that runs it stops, and everything that it prints."""

    word: str
    stops: bool
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Sides:
    """The folders of the two libraries: ``plugin.so`` and ``include/`` with the header."""

    old: Path
    new: Path
    header: str

    @property
    def libraries(self) -> tuple[str, str]:
        return str(self.old / "plugin.so"), str(self.new / "plugin.so")

    @property
    def headers(self) -> tuple[str, str]:
        return str(self.old / "include" / self.header), str(self.new / "include" / self.header)


@dataclass(frozen=True, slots=True)
class Tool:
    """A checker. ``needs``: programs, ``how``: where they come from, ``commands``: what one types."""

    name: str
    needs: tuple[str, ...]
    how: str
    commands: tuple[str, ...]
    ask: Callable[[Sides], Answer]

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name in self.needs if shutil.which(program(name)) is None)

    @property
    def version(self) -> str:
        shown = run((program(self.needs[0]), "--version")).printed
        found = re.search(r"\d+(\.\d+)+", shown)
        return found[0] if found else "?"


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    printed: str


def program(name: str) -> str:
    """``$ABICHECK`` and so on, for what is installed beside the path."""
    return os.environ.get(name.upper().replace("-", "_"), name)


def run(command: Sequence[str], cwd: Path | None = None) -> Done:
    done = subprocess.run(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return Done(done.returncode, done.stdout)


# --- the tools


def ask_abidiff(sides: Sides) -> Answer:
    done = run((program("abidiff"), *sides.libraries))
    if done.code & 3:
        return Answer("error", False, done.printed)
    word = "incompatible" if done.code & 8 else "changed" if done.code & 4 else "–"
    return Answer(word, done.code != 0, done.printed)


def ask_abicheck(sides: Sides) -> Answer:
    return _abicheck(run((program("abicheck"), "compare", *sides.libraries)))


def ask_abicheck_headers(sides: Sides) -> Answer:
    old, new = sides.headers
    headers = ("--header", f"old={old}", "--header", f"new={new}")
    clang = ("env", "ABICHECK_AST_FRONTEND=clang")
    return _abicheck(run((*clang, program("abicheck"), "compare", *sides.libraries, *headers)))


def _abicheck(done: Done) -> Answer:
    words = {0: "–", 2: "API break", 4: "breaking"}
    if done.code not in words:
        return Answer("error", False, done.printed)
    found = re.search(r"\b(NO_CHANGE|COMPATIBLE_WITH_RISK|COMPATIBLE)\b", done.printed)
    word = words[done.code]
    if done.code == 0 and found and found[0] != "NO_CHANGE":
        word = found[0].lower().replace("_", " ")
    return Answer(word, done.code != 0, done.printed)


def ask_acc(sides: Sides) -> Answer:
    dumps = []
    for version, folder in (("old", sides.old), ("new", sides.new)):
        dump = folder / "ABI.dump"
        made = run(
            (program("abi-dumper"), str(folder / "plugin.so"), "-o", str(dump), "-lver", version)
        )
        if made.code:
            return Answer("error", False, made.printed)
        dumps.append(str(dump))
    compared = (
        program("abi-compliance-checker"),
        "-l",
        "plugin",
        "-old",
        dumps[0],
        "-new",
        dumps[1],
    )
    done = run((*compared, "-report-path", str(sides.new / "report.html")), sides.new)
    if done.code not in (0, 1):
        return Answer("error", False, done.printed)
    percent = re.findall(r"([\d.]+)%", done.printed)
    words = " / ".join(f"{each} %" for each in percent) or "?"
    return Answer(
        "–" if done.code == 0 and set(percent) == {"100"} else words, done.code != 0, done.printed
    )


TOOLS = (
    Tool(
        "abidiff",
        ("abidiff",),
        "Debian: apt-get install abigail-tools",
        ("abidiff old/plugin.so new/plugin.so",),
        ask_abidiff,
    ),
    Tool(
        "abicheck",
        ("abicheck",),
        "PyPI: pip install abicheck==0.7.0",
        ("abicheck compare old/plugin.so new/plugin.so",),
        ask_abicheck,
    ),
    Tool(
        "abicheck with headers",
        ("abicheck", "clang"),
        "PyPI: pip install abicheck==0.7.0; Debian: apt-get install clang",
        (
            "ABICHECK_AST_FRONTEND=clang abicheck compare old/plugin.so new/plugin.so"
            " --header old=old/include/kiosk.h --header new=new/include/kiosk.h",
        ),
        ask_abicheck_headers,
    ),
    Tool(
        "abi-compliance-checker",
        ("abi-compliance-checker", "abi-dumper"),
        "Debian: apt-get install abi-compliance-checker abi-dumper",
        (
            "abi-dumper old/plugin.so -o old/ABI.dump -lver old",
            "abi-dumper new/plugin.so -o new/ABI.dump -lver new",
            "abi-compliance-checker -l plugin -old old/ABI.dump -new new/ABI.dump",
        ),
        ask_acc,
    ),
)


# --- abilock itself


@dataclass(frozen=True, slots=True)
class Ours:
    """abilock's verdict. ``stops``: whether the part of the version that loaders compare has to move."""

    kinds: tuple[str, ...]
    suffers: Pairings
    required: str
    stops: bool


def ours(pair: Pair) -> Ours:
    verdict = judge(library_of(pair.old), library_of(pair.new))
    order = tuple(Outcome)
    sides = [each.cells.binary for each in verdict.findings]
    suffers = Pairings(
        max((each.old_plugin_new_host for each in sides), key=order.index, default=Outcome.FINE),
        max((each.new_plugin_old_host for each in sides), key=order.index, default=Outcome.FINE),
    )
    kinds = tuple(dict.fromkeys(each.rule.slug for each in verdict.findings))
    moves = verdict.required.split(".")[:2] != ["1", "2"]
    return Ours(kinds, suffers, verdict.required, moves)


# --- libraries


def build(pair: Pair, folder: Path) -> Sides:
    """Both libraries of a pair."""
    built = []
    for name, description in (("old", pair.old), ("new", pair.new)):
        side = folder / pair.slug / name
        (side / "include").mkdir(parents=True)
        library = library_of(description)
        for path, text in unformatted(library, "header").items():
            (side / path).write_text(text, "utf-8")
        (side / "plugin.c").write_text("\n".join(source(library)), "utf-8")
        command = (*CC, "-Iinclude", "plugin.c", "-o", "plugin.so")
        done = run(command, side)
        if done.code:
            raise SystemExit(f"{pair.slug}: {done.printed}")
        built.append(side)
    return Sides(built[0], built[1], f"{library.name}.h")


def source(library: Library) -> Iterator[str]:
    """A plugin that exports every entry and does nothing: what is compared are types."""
    naming = header_naming(library)
    yield f"#define {library.name.upper()}_PLUGIN"
    yield f'#include "{library.name}.h"'
    for entry in library.declared:
        match entry:
            case EntryFunction():
                name = naming.name(entry.name)
                result = entry.signature.result.type if entry.signature.result else Void()
                body = (
                    ""
                    if isinstance(result, Void)
                    else f"static {declare(result, 'r', naming)}; return r;"
                )
                prototype = " ".join(prototype_lines(entry.signature, name, naming, 10_000))
                yield f"{prototype} {{ {body} }}"
            case EntryStatic():
                name = naming.name(entry.name)
                yield f"{'const ' if entry.const else ''}{declare(entry.type, name, naming)} = {{0}};"


# --- results


@dataclass(frozen=True, slots=True)
class Row:
    pair: Pair
    ours: Ours
    peers: tuple[Answer, ...]


def compare(pairs: Sequence[Pair], tools: Sequence[Tool], jobs: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="peers-") as name:
        folder = Path(name)
        sides = [build(pair, folder) for pair in pairs]
        with ThreadPoolExecutor(jobs) as pool:
            answers = list(pool.map(lambda each: tuple(tool.ask(each) for tool in tools), sides))
    return [Row(pair, ours(pair), found) for pair, found in zip(pairs, answers, strict=True)]


def table(rows: Sequence[Row], tools: Sequence[Tool]) -> Iterator[str]:
    heads = [
        "change",
        "asks for",
        "abilock",
        "old plugin, new host",
        "new plugin, old host",
        "version",
    ]
    yield from _lines([*heads, *(tool.name for tool in tools)])
    for row in rows:
        yield _line(
            [row.pair.change, *own_cells(row.pair, row.ours), *(each.word for each in row.peers)]
        )


def own_cells(pair: Pair, found: Ours) -> list[str]:
    """What abilock has to say of a change, and what it should ask for."""
    return [
        demand(pair),
        ", ".join(f"`{kind}`" for kind in found.kinds) or "–",
        SHORT[found.suffers.old_plugin_new_host],
        SHORT[found.suffers.new_plugin_old_host],
        found.required,
    ]


def demand(pair: Pair) -> str:
    return pair.level.value if pair.level else "nothing"


def summary(rows: Sequence[Row], tools: Sequence[Tool]) -> Iterator[str]:
    """How many of those that must be stopped each tool stops, and how many of the others."""
    yield from _lines(["changes", "abilock", *(f"{tool.name} {tool.version}" for tool in tools)])
    for words, which in _groups(rows):
        peers = (sum(row.peers[at].stops for row in which) for at in range(len(tools)))
        numbers = [sum(row.ours.stops for row in which), *peers]
        yield _line([f"{len(which)} that {words}: stopped", *map(str, numbers)])


def _groups(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    must = [row for row in rows if row.pair.must_move]
    seen = {row.pair.slug for row in must if is_in_libraries(row.pair)}
    yield "hurt a mix of old and new", [row for row in must if row.pair.slug in seen]
    yield "do so by what no C type says", [row for row in must if row.pair.slug not in seen]
    yield "hurt no mix", [row for row in rows if not row.pair.must_move]


def is_in_libraries(pair: Pair) -> bool:
    """Whether the headers of the two declare anything differently: their comments are in no library."""
    old, new = (declarations(library_of(text)) for text in (pair.old, pair.new))
    return old != new


def declarations(library: Library) -> str:
    """A header without its comments and without what only its preprocessor sees."""
    header = unformatted(library, "header")[f"include/{library.name}.h"]
    bare = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    return " ".join(re.sub(r"^#(.*\\\n)*.*", "", bare, flags=re.MULTILINE).split())


def _lines(heads: Sequence[str]) -> Iterator[str]:
    yield _line(heads)
    yield _line(["---"] * len(heads))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(each.replace('|', '/') for each in cells)} |"


def page(rows: Sequence[Row], tools: Sequence[Tool]) -> str:
    compiler = run((CC[0], "--version")).printed.splitlines()[0]
    commands = "\n".join(f"$ {each}" for tool in tools for each in tool.commands)
    installed = "\n".join(f"- {tool.name} {tool.version}. {tool.how}" for tool in tools)
    text = TEMPLATE.read_text("utf-8").format(
        pairs=len(rows),
        summary="\n".join(summary(rows, tools)),
        installed=installed,
        compiler=compiler,
        build=" ".join((*CC, "-Iinclude", "plugin.c", "-o", "plugin.so")),
        commands=commands,
        differences="\n".join(differences(rows, tools)),
        table="\n".join(table(rows, tools)),
    )
    return re.sub(r"\n{3,}", "\n\n", text)


def differences(rows: Sequence[Row], tools: Sequence[Tool]) -> Iterator[str]:
    """Where somebody else is right and abilock is not."""
    for row in rows:
        if row.ours.stops == row.pair.must_move:
            continue
        right = [
            tool.name
            for tool, answer in zip(tools, row.peers, strict=True)
            if answer.stops == row.pair.must_move
        ]
        verb = "does not stop" if row.pair.must_move else "stops"
        yield f"- abilock {verb} *{row.pair.change}*, and is wrong; right: {', '.join(right) or 'none'}."


def write(rows: Sequence[Row], tools: Sequence[Tool]) -> None:
    PAGE.write_text(page(rows, tools), "utf-8")
    before, rest = README.read_text("utf-8").split(MARK, 1)
    _, after = rest.split("\n\n", 1)
    lines = "\n".join(summary(rows, tools))
    README.write_text(f"{before}\n{lines}\n\n{after}", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/peers.md and the README")
    parser.add_argument(
        "--only", nargs="+", metavar="SLUG", help="these pairs, with what tools print"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    if given.write and given.only:
        parser.error("--write needs every pair")
    for tool in TOOLS:
        if tool.missing:
            print(f"{tool.name}: {', '.join(tool.missing)} is missing. {tool.how}", file=sys.stderr)
    tools = [tool for tool in TOOLS if not tool.missing]
    pairs = [each for each in PAIRS if not given.only or each.slug in given.only]
    rows = compare(pairs, tools, given.jobs)
    for tool in tools:
        print(f"{tool.name} {tool.version}", *tool.commands, sep="\n  ")
    print(*table(rows, tools), "", *summary(rows, tools), *differences(rows, tools), sep="\n")
    if given.only:
        for row in rows:
            for tool, answer in zip(tools, row.peers, strict=True):
                print(f"\n--- {row.pair.slug}: {tool.name}\n{answer.printed}")
    if given.write and len(tools) < len(TOOLS):
        print("not written: tools are missing", file=sys.stderr)
        return 1
    if given.write:
        write(rows, tools)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
