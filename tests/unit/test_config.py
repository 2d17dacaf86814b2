"""Every message of the configuration, and what a sound one says."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from abilock.config import OUTPUT_NAMES, Acceptance, Config, find_config, load_config
from abilock.diagnostics.report import Report
from abilock.model.version import Version
from abilock.outputs import OUTPUTS

PATHS = "paths are relative, with `/` between their parts"


def write(root: Path, text: str) -> Path:
    """A project with two descriptions and this configuration."""
    (root / "abi").mkdir(exist_ok=True)
    for name in ("x.abi", "y.abi"):
        (root / "abi" / name).write_text("")
    path = root / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return path


def load(path: Path) -> tuple[Config | None, list[tuple[str, str, str | None]]]:
    report = Report()
    found = load_config(path, report)
    prefix = f"{path}, [tool.abilock]: "
    return found, [
        (one.code.slug, one.message.removeprefix(prefix).replace(str(path), "PATH"), one.hint)
        for one in report.diagnostics
    ]


def table(lines: str, abi: str = 'abi = ["abi/x.abi"]') -> str:
    return f"[tool.abilock]\n{abi}\n{lines}\n"


def test_output_names_are_those_of_the_outputs() -> None:
    assert tuple(output.name for output in OUTPUTS) == OUTPUT_NAMES


def test_defaults(tmp_path: Path) -> None:
    found, told = load(write(tmp_path, table("")))
    assert told == []
    assert found == Config(tmp_path / "pyproject.toml", ("abi/x.abi",), "generated", OUTPUT_NAMES)
    assert found.root == tmp_path
    assert found.output_folder == tmp_path / "generated"


def test_all_keys(tmp_path: Path) -> None:
    text = table(
        'output = "./out//here/"\noutputs = ["docs", "header"]',
        'abi = ["./abi/y.abi", "abi/x.abi"]',
    )
    found, told = load(write(tmp_path, text))
    assert told == []
    assert found is not None
    assert found.abi == ("abi/y.abi", "abi/x.abi")
    assert found.output == "out/here"
    assert found.outputs == ("header", "docs")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (table("outptu = 1"), "unknown key `outptu`", "did you mean `output`?"),
        (
            table("zzz = 1"),
            "unknown key `zzz`",
            "keys are `abi`, `output`, `outputs`, `releases`, `compilers`, `accept`",
        ),
        (table("", ""), "`abi` lists no description", 'for example `abi = ["abi/x.abi"]`'),
        (table("", "abi = []"), "`abi` lists no description", 'for example `abi = ["abi/x.abi"]`'),
        (
            table("", 'abi = "abi/x.abi"'),
            "`abi` is a list of strings",
            'for example `abi = ["abi/x.abi"]`',
        ),
        (table("", "abi = [1]"), "`abi` is a list of strings", 'for example `abi = ["abi/x.abi"]`'),
        (
            table("", 'abi = ["abi/z.abi"]'),
            "`abi` names abi/z.abi, which is not a file",
            "paths start at the folder of pyproject.toml",
        ),
        (
            table("", 'abi = ["abi"]'),
            "`abi` names abi, which is not a file",
            "paths start at the folder of pyproject.toml",
        ),
        (
            table("", 'abi = ["abi/x.abi", "./abi/x.abi"]'),
            "`abi` lists abi/x.abi twice",
            "leave one of them out",
        ),
        *(
            (
                table("", f"abi = ['{path}']"),
                f"`abi` names {path!r}, which is not a path inside of this folder",
                PATHS,
            )
            for path in ("/etc/passwd", "../x.abi", "abi/../../x.abi", "abi\\x.abi", "c:x.abi")
        ),
        (table("output = 3"), "`output` is the name of a folder", "for example `generated`"),
        (table('output = ""'), "`output` is the name of a folder", "for example `generated`"),
        (table('output = "./"'), "`output` is a folder of its own", "for example `generated`"),
        *(
            (
                table(f"output = '{path}'"),
                f"`output` names {path!r}, which is not a path inside of this folder",
                PATHS,
            )
            for path in ("/tmp", "..", "a/../..", "a\\b", "c:")
        ),
        *(
            (
                table(f"output = '{path}'"),
                f"`output` names {path!r}, which is kept for others, or no folder on every system",
                "for example `generated`",
            )
            for path in (".git", ".GIT/x", ".abilock-cache", " ", "nul", "a/COM1.x", "a.", "a*")
        ),
        (
            table('outputs = ["header", "layout_tests"]'),
            "`layout_tests` tests what other outputs make",
            'add "layout", "cffi" to `outputs`',
        ),
        *(
            (
                table(f"output = '{path}'"),
                f"`output` is {path}, and abi/x.abi is in it: what is generated has a folder of its own",
                "for example `generated`",
            )
            for path in ("abi", "abi/", "ABI")
        ),
        (
            table('outputs = "docs"'),
            "`outputs` is a list of strings",
            'for example `outputs = ["header", "rust"]`',
        ),
        (
            table('outputs = ["docs", "docs"]'),
            "`outputs` lists docs twice",
            "leave one of them out",
        ),
        (table('outputs = ["headre"]'), "unknown output `headre`", "did you mean `header`?"),
        (
            table('outputs = ["zzz"]'),
            "unknown output `zzz`",
            f"outputs are {', '.join(f'`{name}`' for name in OUTPUT_NAMES)}",
        ),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, text: str, message: str, hint: str | None) -> None:
    found, told = load(write(tmp_path, text))
    assert found is None
    assert told == [("config-invalid", message, hint)]


# --- accepted exceptions

EXCEPTION = """
[[tool.abilock.accept]]
element = "Shop.sell"
rule = "slot-inserted"
reason = "nobody implements it"
until = "1.0.0"
"""
EXAMPLE = 'an exception has `element`, `rule`, `reason` and `until = "1.0.0"`, or a date'


def with_exception(old: str = "", new: str = "") -> str:
    assert old in EXCEPTION
    return table(EXCEPTION.replace(old, new) if old else EXCEPTION)


def test_exceptions(tmp_path: Path) -> None:
    other = EXCEPTION.replace("Shop.sell", "Shop.*").replace('"1.0.0"', "2030-01-31")
    other += "abi = 'shop'\n"
    found, told = load(write(tmp_path, table(EXCEPTION + other)))
    assert told == []
    assert found is not None
    first, second = found.accept
    assert first == Acceptance(
        "Shop.sell", "slot-inserted", "nobody implements it", Version(1, 0, 0)
    )
    assert (second.element, second.until, second.abi) == ("Shop.*", date(2030, 1, 31), "shop")
    assert found.source is not None
    assert first.span is not None
    assert second.span is not None
    places = [found.source.position(span.start).line for span in (first.span, second.span)]
    assert places == [4, 10]
    assert found.source.path == "pyproject.toml"


def test_what_is_too_broad_is_judged_later(tmp_path: Path) -> None:
    found, told = load(write(tmp_path, with_exception("Shop.sell", "*")))
    assert told == []
    assert found is not None


def test_an_end_may_be_a_date_as_text(tmp_path: Path) -> None:
    found, _ = load(write(tmp_path, with_exception("1.0.0", "2030-01-31")))
    assert found is not None
    assert found.accept[0].until == date(2030, 1, 31)


def test_exceptions_that_are_written_another_way_have_no_place(tmp_path: Path) -> None:
    inline = 'accept = [{element = "a", rule = "C0102", reason = "r", until = "1.0.0"}]'
    found, told = load(write(tmp_path, table(inline)))
    assert told == []
    assert found is not None
    assert found.accept[0].span is None


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            table("accept = 3"),
            "`accept` is a list of tables",
            "each starts with `[[tool.abilock.accept]]`",
        ),
        (
            table("accept = [3]"),
            "`accept` is a list of tables",
            "each starts with `[[tool.abilock.accept]]`",
        ),
        (
            with_exception("reason", "raeson"),
            "`accept` number 1: unknown key `raeson`",
            "did you mean `reason`?",
        ),
        (
            with_exception("element =", "abi ="),
            "`accept` number 1 has no `element`",
            EXAMPLE,
        ),
        (with_exception('until = "1.0.0"'), "`accept` number 1 has no `until`", EXAMPLE),
        (
            with_exception('"nobody implements it"', '" "'),
            "`accept` number 1: `reason` is text, and not empty",
            EXAMPLE,
        ),
        (
            with_exception('"Shop.sell"', "[1]"),
            "`accept` number 1: `element` is text, and not empty",
            EXAMPLE,
        ),
        *(
            (
                with_exception("Shop.sell", element),
                "`accept` number 1: `*` stands for all that is in something, and ends `element`",
                "name the element, or write `Shop.*`",
            )
            for element in ("Shop*", "*.sell", "Shop.*.x", "**", "Shop.s*", "Shop.*.*", ".*.*")
        ),
        (
            with_exception("slot-inserted", "Slot inserted"),
            "`accept` number 1: `rule` is a code or its name, and not 'Slot inserted'",
            "for example `C0102` or `slot-inserted`; findings name theirs",
        ),
        *(
            (
                with_exception('"1.0.0"', until),
                f"`accept` number 1: `until` is a version or a date, and not {shown!r}",
                'for example `until = "1.0.0"` or `until = 2030-01-31`',
            )
            for until, shown in (
                ('"1.0"', "1.0"),
                ('"soon"', "soon"),
                ('"2030-02-30"', "2030-02-30"),
                ('"20300131"', "20300131"),
                ("2030-01-31T00:00:00", "2030-01-31 00:00:00"),
                ("1", "1"),
            )
        ),
        (
            table(EXCEPTION + EXCEPTION.replace("1.0.0", "2.0.0")),
            "`accept` lists `slot-inserted` of `Shop.sell` twice",
            "leave one of them out",
        ),
    ],
)
def test_exceptions_that_cannot_be_used(
    tmp_path: Path, text: str, message: str, hint: str | None
) -> None:
    found, told = load(write(tmp_path, text))
    assert found is None
    assert ("config-invalid", message, hint) in told


def test_what_is_generated_may_be_beside_the_sources(tmp_path: Path) -> None:
    found, told = load(write(tmp_path, table("output = 'abi/generated'")))
    assert found is not None
    assert not told


def test_everything_is_told_at_once(tmp_path: Path) -> None:
    _, told = load(
        write(tmp_path, 'tool.abilock = {abi = [], output = "..", outputs = ["a", "b"]}')
    )
    assert len(told) == 4


@pytest.mark.parametrize("text", ["", "[tool.other]\n", "tool = 3\n", "[tool]\nabilock = 3\n"])
def test_no_table(tmp_path: Path, text: str) -> None:
    found, told = load(write(tmp_path, text))
    assert found is None
    hint = 'a minimal one is `abi = ["abi/x.abi"]`'
    assert told == [("config-missing", "PATH has no [tool.abilock] table", hint)]


@pytest.mark.parametrize("data", [b"[tool.abilock", b"# abilock\xff", b"abilock = " + b"[" * 9999])
def test_no_toml(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path, "")
    path.write_bytes(data)
    found, ((slug, message, hint),) = load(path)
    assert found is None
    assert (slug, hint) == (
        "config-invalid",
        "put that line right; https://toml.io says how it is written",
    )
    assert message.startswith("PATH is not TOML: ")


def test_what_is_no_file(tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"
    assert load(missing)[1] == [
        ("config-missing", "cannot read PATH: No such file or directory", NAME_IT)
    ]
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        assert load(path) == (None, [("config-missing", "cannot read PATH: not a file", NAME_IT)])


#: What to do about a configuration that cannot be read.
NAME_IT = "name a pyproject.toml that can be read; without `--config` the nearest one is taken"


def find(start: Path) -> tuple[Config | None, list[str]]:
    report = Report()
    return find_config(start, report), [one.message for one in report.diagnostics]


def test_the_nearest_table_counts(tmp_path: Path) -> None:
    outer = write(tmp_path, table(""))
    (tmp_path / "inner/deep").mkdir(parents=True)
    inner = tmp_path / "inner/pyproject.toml"
    inner.write_text("[project]\nname = 'abilock-user'\n")
    found, told = find(tmp_path / "inner/deep")
    assert told == []
    assert found is not None
    assert found.path == outer


@pytest.mark.parametrize("text", ["[tool.abilock]\nabi = [\n", "not toml"])
def test_a_broken_file_is_not_passed_over(tmp_path: Path, text: str) -> None:
    write(tmp_path, table(""))
    (tmp_path / "inner").mkdir()
    inner = tmp_path / "inner/pyproject.toml"
    inner.write_text(text)
    found, (message,) = find(inner.parent)
    assert found is None
    assert message.startswith(f"{inner} is not TOML: ")


def test_nothing_found(tmp_path: Path) -> None:
    report = Report()
    assert find_config(tmp_path, report) is None
    (told,) = report.diagnostics
    assert told.message == f"no pyproject.toml with a [tool.abilock] table in {tmp_path} or above"
    assert told.hint == "`abilock init DIR` starts a project; `--config` names another file"
