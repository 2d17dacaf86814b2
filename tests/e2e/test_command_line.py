"""What the shell sees: streams, exit codes and messages, whatever is wrong around a run."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

GEN = Path(__file__).parents[2] / "gen"
ABI = """\
/// A shop, naïve – and “quoted”.
abi shop 1.2.0;

struct Price { currency: u8, cents: u64 }
"""
CONFIG = '[tool.abilock]\nabi = ["abi/shop.abi"]\noutputs = ["header"]\ncompilers = []\n'
COMMAND = shlex.join([sys.executable, "-m", "abilock"])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "abi").mkdir(parents=True)
    (root / "abi/shop.abi").write_text(ABI, encoding="utf-8")
    (root / "pyproject.toml").write_text(CONFIG)
    return root


def shell(root: Path, line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `abilock` is the command."""
    done = subprocess.run(
        ["sh", "-c", f'abilock() {{ {COMMAND} "$@"; }}\n{line}'],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(GEN), **variables},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert "Exception ignored" not in done.stderr, done.stderr
    return done


# --- streams


@pytest.mark.slow
@pytest.mark.parametrize(
    "variables",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
    ids=["c", "latin"],
)
def test_results_are_utf_8_in_every_locale(project: Path, variables: dict[str, str]) -> None:
    formatted = shell(project, "abilock fmt - <abi/shop.abi", **variables)
    assert formatted.returncode == 0
    assert "naïve – and “quoted”" in formatted.stdout
    for command in ("doc abi/shop.abi", "generate --diff"):
        done = shell(project, f"abilock {command}", **variables)
        assert "naïve – and “quoted”" in done.stdout, done.stderr
    (project / "abi/ü.abi").write_text("abi x 1.0.0;\nstruct A { ü: u8 }\n", encoding="utf-8")
    assert shell(project, "abilock layout abi/ü.abi", **variables).returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "abilock layout abi/shop.abi >/dev/full",
            "error[A1302]: cannot write the result to standard output: No space left on device",
        ),
        (
            "abilock --help >/dev/full",
            "error[A1302]: cannot write the result to standard output: No space left on device",
        ),
        (
            "abilock layout abi/shop.abi >&-",
            "error[A1302]: standard output is closed, and results go there",
        ),
        ("abilock fmt - <&-", "error[A0001]: cannot read standard input: it is closed"),
        (
            "PATH=/nowhere abilock layout HEAD:abi/shop.abi",
            "error[A0001]: cannot read HEAD:abi/shop.abi: git cannot be run: "
            "No such file or directory",
        ),
        (
            "mkdir gone && cd gone && rmdir ../gone && abilock check 2>&1 | cat >&2; exit 2",
            "error[A1302]: the current folder cannot be told: No such file or directory",
        ),
        (
            "mkdir gone && cd gone && rmdir ../gone && abilock generate --config x.toml",
            "error[A1302]: the current folder cannot be told: No such file or directory",
        ),
        (
            "mkdir gone && cd gone && rmdir ../gone && abilock init .",
            "error[A1302]: the current folder cannot be told: No such file or directory",
        ),
        (
            "mkdir gone && cd gone && rmdir ../gone && abilock layout x.abi",
            "error[A0001]: cannot read x.abi",
        ),
    ],
)
def test_what_is_wrong_around_a_run_is_said(project: Path, line: str, message: str) -> None:
    done = shell(project, line)
    assert done.returncode == 2
    assert done.stderr.startswith(message), done.stderr


def test_closed_streams_that_are_not_needed(project: Path) -> None:
    assert shell(project, "abilock layout abi/shop.abi <&-").returncode == 0
    assert shell(project, "abilock layout abi/none.abi 2>&-").returncode == 2


@pytest.mark.parametrize(("line", "code"), [("layout abi/shop.abi", 0), ("diff x.abi y.abi", 2)])
def test_what_nobody_can_be_told_changes_no_result(project: Path, line: str, code: int) -> None:
    done = shell(project, f"abilock {line} 2>/dev/full; echo $?")
    assert done.stdout.splitlines()[-1] == str(code)


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error(project: Path) -> None:
    done = shell(project, "(sleep 1; abilock explain; echo $? >code) | true; cat code")
    assert (done.stdout, done.stderr) == ("0\n", "")


# --- with and without the cache


def answers(root: Path) -> tuple[tuple[int, str], tuple[int, str]]:
    """What `check` says with the cache that is there, and without one."""
    told = []
    for command in ("abilock check", "rm -r .abilock-cache; abilock check"):
        done = shell(root, command)
        told.append((done.returncode, done.stdout + done.stderr))
    return told[0], told[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("mv generated/shop ../moved && ln -s ../../moved generated/shop", "A0905"),
        ("mv generated ../moved && ln -s ../moved generated", "A0905"),
        (
            "h=generated/shop/include/shop.h; { printf '\\357\\273\\277'; cat $h; } >n; mv n $h",
            "A090",
        ),
        ("touch generated/shop/notes", "is up to date"),
    ],
)
def test_the_cache_changes_no_answer(project: Path, change: str, expected: str) -> None:
    assert shell(project, f"abilock generate && {change}").returncode == 0
    with_cache, without = answers(project)
    assert with_cache == without
    assert expected in without[1]


@pytest.mark.slow
def test_a_check_is_remembered_and_changes_nothing_else(project: Path) -> None:
    fresh = "rm -r .abilock-cache; git init -q; git add .; git commit -qm one"
    author = {
        f"GIT_{who}_{what}": "a" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    assert shell(project, f"abilock generate && {fresh}", **author).returncode == 0
    for command, is_kept in (
        ("generate --check", False),
        ("generate --diff", False),
        ("check", True),
    ):
        done = shell(project, f"abilock {command}; git status --porcelain")
        assert (done.returncode, done.stdout) == (0, ""), command
        assert (project / ".abilock-cache/stamp.json").exists() == is_kept, command
    (project / "generated/shop/include/shop.h").write_text("")
    (project / ".abilock-cache/stamp.json").unlink()
    assert shell(project, "abilock check").returncode == 1
    assert not (project / ".abilock-cache/stamp.json").exists()


# --- formats


BROKEN = "abi shop 1.0.0;\nstruct A { a: u33 }\n"


def test_findings_are_the_result_of_a_check(project: Path) -> None:
    missing = shell(project, "abilock check")
    assert missing.returncode == 1
    assert "  generated/shop/include/shop.h\n" in missing.stdout
    assert missing.stderr == ""
    assert shell(project, "abilock generate --check").stdout == missing.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", ["check", "generate", "layout abi/shop.abi", "fmt --check abi/shop.abi"]
)
def test_findings_have_one_shape_in_json(project: Path, command: str) -> None:
    (project / "abi/shop.abi").write_text(BROKEN.replace("u33 }", "u33"))
    done = shell(project, f"abilock {command} --format json")
    assert (done.returncode, done.stderr) == (2, "")
    found = json.loads(done.stdout)["findings"][0]
    assert {"code", "level", "subject", "message", "place", "hint"} <= set(found)
    assert (found["level"], found["place"]["file"]) == ("error", "abi/shop.abi")
    assert {"line", "column", "end_line", "end_column"} <= set(found["place"])


def test_warnings_are_findings_too(project: Path) -> None:
    (project / "abi/shop.abi").write_text("abi shop 1.0.0;\nenum A: u8 { X = 1, Y = 1 }\n")
    made = json.loads(shell(project, "abilock generate --format json").stdout)
    checked = json.loads(shell(project, "abilock check --format json").stdout)
    assert "generated/shop/include/shop.h" in made["written"]
    assert made["removed"] == []
    for found in (made, checked):
        assert [one["level"] for one in found["findings"]] == ["warning"]


@pytest.mark.slow
def test_generate_lists_what_it_did_in_json(project: Path) -> None:
    assert shell(project, "abilock generate").returncode == 0
    done = shell(project, "abilock generate --format json")
    assert json.loads(done.stdout) == {"written": [], "removed": [], "findings": []}
    with (project / "abi/shop.abi").open("a") as stream:
        stream.write("// Nothing that is generated says this.\n")
    done = shell(project, "abilock generate")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "generated is up to date\n"
    (project / "generated/MANIFEST.json").unlink()
    done = shell(project, "abilock generate")
    assert (done.returncode, done.stdout) == (0, "wrote generated/MANIFEST.json\n")


def test_what_is_not_formatted_in_json(project: Path) -> None:
    command = "abilock fmt --check abi/shop.abi --format json"
    assert json.loads(shell(project, command).stdout) == {"unformatted": [], "findings": []}
    (project / "abi/shop.abi").write_text("abi shop 1.0.0;\nstruct A{a:u8}\n")
    done = shell(project, command)
    assert done.returncode == 1
    assert json.loads(done.stdout)["unformatted"] == ["abi/shop.abi"]


@pytest.mark.slow
@pytest.mark.parametrize("topic", ["", "A0201", "attributes", "targets", "compat", "@string"])
def test_everything_that_is_explained_is_json_too(project: Path, topic: str) -> None:
    assert json.loads(shell(project, f"abilock explain {topic} --format json").stdout)


@pytest.mark.parametrize(
    "command",
    [
        "generate --diff --format json",
        "generate --format sarif",
        "fmt abi/shop.abi --format json",
        "doc abi/shop.abi --format json",
        "layout abi/shop.abi --format sarif",
    ],
)
def test_a_format_that_a_result_does_not_have_is_refused(project: Path, command: str) -> None:
    done = shell(project, f"abilock {command}")
    assert (done.returncode, done.stdout) == (2, "")
    assert "format" in done.stderr
    assert not (project / "generated").exists()


def test_sarif(project: Path) -> None:
    (project / "abi/shop.abi").write_text(BROKEN)
    done = shell(project, "abilock check --format sarif")
    log = json.loads(done.stdout)
    (run,) = log["runs"]
    (result,) = run["results"]
    assert (done.returncode, log["version"]) == (2, "2.1.0")
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "abi/shop.abi", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 2, "startColumn": 15, "endLine": 2, "endColumn": 18},
    }


@pytest.mark.slow
@pytest.mark.parametrize("git", ["mkdir ../.git", "echo 'gitdir: elsewhere' >../.git"])
@pytest.mark.parametrize("folder", [".", "abi"])
def test_code_scanning_names_files_from_the_top_of_the_repository(
    project: Path, git: str, folder: str
) -> None:
    (project / "abi/shop.abi").write_text(BROKEN)
    done = shell(project, f"{git} && cd {folder} && abilock check --format sarif")
    (run,) = json.loads(done.stdout)["runs"]
    (location,) = run["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {
        "uri": "project/abi/shop.abi",
        "uriBaseId": "%SRCROOT%",
    }
    assert set(run["originalUriBaseIds"]) == {"%SRCROOT%"}
    assert str(project) not in done.stdout
    done = shell(project, f"cd {folder} && abilock check --format github")
    assert done.stdout.startswith("::error file=project/abi/shop.abi,line=2,")
    # People read names from where the configuration is.
    assert "--> abi/shop.abi:2:15" in shell(project, "abilock check").stdout


@pytest.mark.slow
def test_the_formats_say_that_there_is_nothing(project: Path) -> None:
    shell(project, "abilock generate")
    assert shell(project, "abilock check --format github").stdout == ""
    assert "nothing to report" in shell(project, "abilock check --format markdown").stdout
    assert shell(project, "abilock check --format gitlab").stdout == "[]\n"
    assert 'failures="0"' in shell(project, "abilock check --format junit").stdout
    assert (
        json.loads(shell(project, "abilock check --format sarif").stdout)["runs"][0]["results"]
        == []
    )


@pytest.mark.slow
def test_github_and_markdown(project: Path) -> None:
    (project / "abi/shop.abi").write_text(BROKEN)
    text = shell(project, "abilock check --format github").stdout
    assert text.startswith(
        "::error file=abi/shop.abi,line=2,col=15,endLine=2,endColumn=18,title=abilock A"
    )
    assert text.count("\n") == 1
    text = shell(project, "abilock check --format markdown").stdout
    assert "`abi/shop.abi:2:15` | unknown type `u33` |" in text


@pytest.mark.slow
def test_gitlab_and_junit_name_the_description(project: Path) -> None:
    missing = shell(project, "abilock check --format junit").stdout
    assert 'classname="abi/shop.abi" name="generated files"' in missing
    assert "<failure" in missing
    (project / "abi/shop.abi").write_text(BROKEN)
    (issue,) = json.loads(shell(project, "abilock check --format gitlab").stdout)
    assert issue["location"] == {"path": "abi/shop.abi", "lines": {"begin": 2, "end": 2}}


SLOTS = "abi shop {version};\nvtable Shop {{\n    state: *mut void,\n{slots}}}\n"
SLOT = "    fn {name}(self: const) -> u32;\n"


def described(project: Path, name: str, version: str, *names: str) -> None:
    slots = "".join(SLOT.format(name=each) for each in names)
    (project / name).write_text(SLOTS.format(version=version, slots=slots))


@pytest.mark.slow
def test_a_diff_has_every_format(project: Path) -> None:
    described(project, "old.abi", "1.0.0", "one", "two")
    described(project, "new.abi", "1.0.1", "one", "zero", "two")
    comment = shell(project, "abilock diff old.abi new.abi --format markdown").stdout
    assert "the smallest honest version is **`1.1.0`**." in comment
    assert "| **breaking** C0102 | `new.abi:5:" in comment
    assert "calls the wrong function" in comment
    log = json.loads(shell(project, "abilock diff old.abi new.abi --format sarif").stdout)
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "Shop.zero"
    assert result["properties"]["consequence"]["source"]
    assert (
        "::error file=new.abi"
        in shell(project, "abilock diff old.abi new.abi --format github").stdout
    )
    # Where the version says it, nothing is left to be done.
    described(project, "new.abi", "1.1.0", "one", "zero", "two")
    assert shell(project, "abilock diff old.abi new.abi --format github").stdout.startswith(
        "::notice "
    )
    comment = shell(project, "abilock diff old.abi new.abi --format markdown").stdout
    assert "`1.1.0`, which is enough." in comment
    junit = shell(project, "abilock diff old.abi new.abi --format junit").stdout
    assert 'failures="0"' in junit


# --- accepted exceptions

EXCEPTION = """
[[tool.abilock.accept]]
element = "Shop.sell"
rule = "slot-inserted"
reason = "agreed"
until = 2030-01-31
"""


@pytest.mark.slow
def test_exceptions_are_judged_by_a_check(project: Path) -> None:
    (project / "pyproject.toml").write_text(CONFIG + EXCEPTION)
    assert shell(project, "abilock generate").returncode == 0
    done = shell(project, "abilock check --today 2029-12-31")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith(
        "error[A1102]: nothing needs the exception for `slot-inserted` of `Shop.sell`\n"
        " --> pyproject.toml:6:1\n"
    )
    # Nothing but this option, or the clock, changes what is said; and generating does not ask for it.
    done = shell(project, "abilock check --today 2030-01-31")
    assert done.stdout.startswith("error[A1104]: ")
    assert shell(project, "abilock generate").returncode == 0
    done = shell(project, "abilock check --today tomorrow")
    assert (done.returncode, done.stdout) == (2, "")
    assert "`--today` is a date as 2030-01-31, and not 'tomorrow'" in done.stderr
    junit = shell(project, "abilock check --today 2029-12-31 --format junit").stdout
    assert '<testcase classname="project" name="exceptions" time="0">' in junit


# --- files and names


def test_names_may_stand_behind_options(project: Path) -> None:
    done = shell(project, "abilock layout abi/shop.abi --target all Price")
    assert done.returncode == 0
    assert "struct Price" in done.stdout
    assert "struct" in shell(project, "abilock layout abi/shop.abi Price --target all").stdout
    assert shell(project, "abilock layout abi/shop.abi --nothing").returncode == 2
    assert "`abilock layout` needs FILE\n" in shell(project, "abilock layout").stderr


@pytest.mark.slow
def test_only_types_with_a_layout_are_shown(project: Path) -> None:
    (project / "abi/shop.abi").write_text(f"{ABI}const N: u8 = 1;\ntype Amount = Price;\n")
    for options in ("", "--format json"):
        done = shell(project, f"abilock layout abi/shop.abi Price N {options}")
        assert done.returncode == 2
        assert "`N` has no layout of its own" in done.stdout + done.stderr
    assert "another name of Price" in shell(project, "abilock layout abi/shop.abi Amount").stderr


@pytest.mark.slow
def test_colours_of_layouts(project: Path) -> None:
    line = "abilock layout abi/shop.abi --target x86_64-unknown-linux-gnu"
    plain = shell(project, line).stdout
    assert "-- hole, 7 bytes" in plain
    assert "\x1b" not in plain
    painted = shell(project, f"{line} --color always", NO_COLOR="1").stdout
    assert "\x1b[33m-- hole, 7 bytes\x1b[0m" in painted
    assert re.sub(r"\x1b\[\d*m", "", painted) == plain
    assert "\x1b" not in shell(project, f"{line} --format json --color always").stdout


@pytest.mark.slow
def test_colours_on_a_terminal(project: Path) -> None:
    line = "abilock layout abi/shop.abi"
    assert "\x1b[33m" in on_terminal(project, line)
    assert "\x1b" not in on_terminal(project, line, NO_COLOR="1")
    assert "\x1b" not in on_terminal(project, f"{line} --color never")


def on_terminal(root: Path, line: str, **variables: str) -> str:
    """What a line of shell writes if its standard output is a terminal."""
    ours, theirs = os.openpty()
    variables = {"NO_COLOR": "", "PYTHONPATH": str(GEN), **variables}
    with open(ours, "rb", buffering=0) as terminal:
        subprocess.run(
            ["sh", "-c", f'abilock() {{ {COMMAND} "$@"; }}\n{line}'],
            cwd=root,
            env={**os.environ, **variables},
            stdout=theirs,
            timeout=120,
            check=True,
        )
        os.close(theirs)
        return terminal.read(65536).decode()


def test_a_diff_without_a_last_line_end_applies(project: Path) -> None:
    (project / "abi/shop.abi").write_text("abi shop 1.0.0;\nstruct A{a:u8}")
    done = shell(
        project, "abilock fmt --diff abi/shop.abi | patch -p0 && abilock fmt --check abi/shop.abi"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_file_of_a_revision_is_not_rewritten(project: Path) -> None:
    done = shell(project, "abilock fmt HEAD:abi/shop.abi")
    assert done.returncode == 2
    assert "HEAD:abi/shop.abi is a file of a git revision, which cannot be rewritten" in done.stderr
    assert "`-` and `REV:path.abi` are for `layout`" in shell(project, "abilock generate -").stderr


# --- what a terminal would act on

STRANGE = "a\n\x1b[2J\u202eb"


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        "fmt --check {abi}",
        "fmt --diff {abi}",
        "fmt {abi}",
        "fmt {missing}",
        "layout {missing}",
        "layout {abi} {name}",
        "doc {missing}",
        "generate {missing}",
        "generate --config {missing}",
        "check {missing}",
        "init {name}",
        "init {name} && abilock init {name}",
        "init {name} && rm -r {name}/abi && abilock init {name}",
        "init {abi}",
        "explain {name}",
        "layout {abi} --{name}",
        "{name}",
    ],
)
def test_names_cannot_act_on_a_terminal(project: Path, command: str) -> None:
    (project / f"{STRANGE}.abi").write_text("abi shop 1.0.0;\nstruct A{a:u8}\n")
    names = {"abi": f"./{STRANGE}.abi", "missing": f"{STRANGE}.x", "name": STRANGE}
    line = command.format(**{key: shlex.quote(name) for key, name in names.items()})
    done = shell(project, f"abilock {line}")
    text = done.stdout + done.stderr
    assert text
    assert [char for char in text if not char.isprintable() and char != "\n"] == []
    assert not any(
        at.startswith(("b", "[2J", "\N{REPLACEMENT CHARACTER}")) for at in text.split("\n")
    )


@pytest.mark.slow
def test_a_reference_says_nothing_of_where_its_description_lies(project: Path) -> None:
    ways = (
        "abi/shop.abi",
        "./abi/shop.abi",
        f"{project}/abi/shop.abi",
        "../$(basename $PWD)/abi/shop.abi",
    )
    pages = {shell(project, f'abilock doc "{way}"').stdout for way in ways}
    assert len(pages) == 1
    assert "from shop.abi" in pages.pop()


# --- around a run


KILLED = """
import os, sys
from abilock.cli import main
replace, left = os.replace, [int(sys.argv[1])]
def killed(*given, **named):
    left[0] -= 1
    if not left[0]:
        os._exit(9)
    return replace(*given, **named)
os.replace = killed
main(sys.argv[2:])
"""


@pytest.mark.slow
def test_a_run_says_what_it_puts_right(project: Path) -> None:
    assert shell(project, "abilock generate").returncode == 0
    shell(project, "sed -i 's/cents/pence/' abi/shop.abi")
    for number in range(1, 20):
        command = shlex.join([sys.executable, "-c", KILLED, str(number), "generate"])
        assert shell(project, command).returncode == 9
        if "interrupted" in shell(project, "abilock check").stdout:
            break
    done = shell(project, "abilock generate")
    assert done.returncode == 0
    assert "put right what an interrupted run left in generated\n" in done.stderr
    assert "put right" not in shell(project, "abilock generate").stderr


def test_a_checkout_has_a_version_too(project: Path) -> None:
    done = shell(project, "abilock --version")
    assert done.returncode == 0
    assert re.fullmatch(r"abilock (\d+\.\d+\S*|of a checkout that is not installed)\n", done.stdout)


def test_an_unfinished_merge_is_one_error(project: Path) -> None:
    conflict = "abi shop 1.0.0;\n<<<<<<< HEAD\nstruct A { a: u8 }\n=======\nstruct B { b: u8 }\n>>>>>>> b\n"
    (project / "abi/shop.abi").write_text(conflict)
    done = shell(project, "abilock generate")
    assert (done.returncode, done.stderr.count("error[")) == (2, 1)
    assert "error[A0015]" in done.stderr
    assert "abi/shop.abi:2:1" in done.stderr


def test_layouts_are_of_targets_that_an_abi_has(project: Path) -> None:
    text = 'abi old 1.0.0;\ntargets "i686-pc-windows-msvc";\nstruct A { x: *mut void }\n'
    (project / "old.abi").write_text(text)
    done = shell(project, "abilock layout old.abi --format json")
    assert json.loads(done.stdout)["target"] == "i686-pc-windows-msvc"
    assert done.stderr == ""
    done = shell(project, "abilock layout old.abi --target x86_64-unknown-linux-gnu")
    assert done.returncode == 0
    assert "old.abi is not for x86_64-unknown-linux-gnu" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("abilock layuot", "did you mean `layout`?"),
        ("abilock layout abi/shop.abi --traget all", "did you mean `--target`?"),
        ("abilock layout abi/shop.abi --color alwys", "did you mean `always`?"),
        ("abilock --color never check", "`abilock check --color …`"),
        ("abilock layout", "`abilock layout --help` says what there is"),
        ("abilock layout abi/shop.abi Prise", "did you mean `Price`?"),
        ("abilock layout abi/shop.abi price", "did you mean `Price`?"),
        ("abilock layout abi/shop.abi Xyz", "it declares `Price`"),
        ("abilock layout abi", "that is a folder; name a file"),
        ("abilock layout abi/none.abi", "see whether the path is right"),
        ("abilock explain a0201x", "did you mean `A0201`?"),
        ("abilock explain unknwon-name", "did you mean `unknown-name`?"),
        ("abilock explain lenn", "did you mean `len`?"),
        (
            "mkdir x abi/x; cd abi/x; touch a; abilock init a",
            "something is there already; name another place",
        ),
        ("abilock generate --config x.toml", "without `--config` the nearest one is taken"),
    ],
)
def test_every_refusal_says_what_to_do(project: Path, line: str, hint: str) -> None:
    done = shell(project, line)
    assert done.returncode == 2
    assert hint in done.stderr


def test_an_interrupt_while_it_is_imported(project: Path) -> None:
    """As early as Python lets anybody know."""
    code = """
import sys, runpy
class Interrupt:
    def find_spec(self, name, *_):
        if name == "abilock.cli":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupt())
runpy.run_module("abilock", run_name="__main__")
"""
    (project / "early.py").write_text(code)
    done = shell(project, f"{shlex.quote(sys.executable)} early.py")
    assert done.returncode == 130
    assert done.stderr == "interrupted; nothing was left half-written\n"


@pytest.mark.slow
def test_what_can_be_laid_out_is_shown(project: Path) -> None:
    """Errors of meaning change no byte; of what does, only what rests on it is left out."""
    (project / "x.abi").write_text(
        "abi x 1.0.0;\n"
        "struct Good { a: u32, b: u64 }\n"
        "struct Meant { data: *mut u8 @len(none), good: Good }\n"
        "struct Bad { a: Nope }\n"
        "struct Holds { b: Bad }\n"
        "struct Cut { a u8, b: u8 }\n"
        "struct Long { a: [u8; GONE] }\n"
        "const GONE u8 = 1;\n"
        "vtable V { state: *mut void, cut: *mut Cut, fn f(self: mut, bad: *const Bad); }\n"
    )
    done = shell(project, "abilock layout x.abi")
    assert done.returncode == 2
    assert re.findall(r"^(?:struct|vtable) (\w+)", done.stdout, re.MULTILINE) == [
        "Good",
        "Meant",
        "V",
    ]
    assert re.findall(r"^error\[(\w+)\]", done.stderr, re.MULTILINE) == [
        "A0406",
        "A0201",
        "A0010",
        "A0010",
    ]
    done = shell(project, "abilock layout x.abi Meant Bad Cut")
    assert done.returncode == 2
    assert "struct Meant" in done.stdout
    assert "declares no" not in done.stderr
    done = shell(project, "abilock layout x.abi Mean Good")
    assert "did you mean `Meant`?" in done.stderr
    assert "struct Good" in done.stdout
    # Whoever reads JSON reads all of it or why there is none.
    done = shell(project, "abilock layout x.abi --format json")
    assert done.returncode == 2
    assert len(json.loads(done.stdout)["findings"]) == 4
