"""Versions are released, stay what they are, and are told apart."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from abilock.cli import main
from abilock.lock.lockfile import Release
from abilock.model.version import Version
from support.releases import (
    DESCRIPTION,
    LOCK,
    commit,
    describe,
    git,
    release,
    released,
    start,
)

HISTORY = Path("abi/history/shop")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases, the second of which breaks with the first."""
    folder = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        start(folder, patch)
        release("1.0.0", "one")
        release("2.0.0", "one", "two")
        assert main(["generate"]) == 0
    return folder


@pytest.fixture(autouse=True)
def project(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of them."""
    start(tmp_path, monkeypatch)
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(list(arguments))
    said = capsys.readouterr()
    return code, said.out + said.err


def files() -> dict[str, bytes]:
    found = (path for path in Path().rglob("*") if path.is_file() and path.parts[0] != ".git")
    return {str(path): path.read_bytes() for path in found if ".abilock-cache" not in path.parts}


# --- release


def test_a_release_is_a_line_and_a_description(capsys: pytest.CaptureFixture[str]) -> None:
    assert released() == ["1.0.0", "2.0.0"]
    assert (HISTORY / "2.0.0.abi").read_text() == DESCRIPTION.read_text()
    assert run(capsys, "check") == (0, "generated is up to date\n")


def test_to_release_it_again_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = files()
    code, said = run(capsys, "release", str(DESCRIPTION))
    assert (code, said) == (0, "shop 2.0.0 is released already, as it is\n")
    DESCRIPTION.write_text(DESCRIPTION.read_text().replace("Makes one.", "Makes a shop."))
    assert main(["release", str(DESCRIPTION)]) == 0
    DESCRIPTION.write_bytes(before[str(DESCRIPTION)])
    assert files() == before


def test_what_it_did_is_told_to_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    describe("3.0.0", "one", "two", "three")
    code, said = run(capsys, "release", str(DESCRIPTION), "--format", "json")
    assert code == 0
    told = json.loads(said)
    assert (told["abi"], told["version"]) == ("shop", "3.0.0")
    assert told["written"] == ["abi/history/shop/3.0.0.abi", "abi/shop.lock"]
    assert told["meaning"] in LOCK.read_text()


def test_a_released_version_is_not_given_to_another_abi(capsys: pytest.CaptureFixture[str]) -> None:
    describe("2.0.0", "one", "two", "three")
    before = files()
    code, said = run(capsys, "release", str(DESCRIPTION))
    assert code == 1
    assert "error[A1007]: shop 2.0.0 is released, and this is another ABI" in said
    assert " --> abi/shop.abi:1:10" in said
    assert "Shop.three" in said
    assert files() == before


def test_a_number_says_what_changed(capsys: pytest.CaptureFixture[str]) -> None:
    describe("2.0.1", "one", "three", "two")
    before = files()
    code, said = run(capsys, "release", str(DESCRIPTION))
    assert code == 1
    assert "error[A1008]: 2.0.1 is too low: what changed since 2.0.0 needs " in said
    assert files() == before


@pytest.mark.parametrize("text", ["abi shop 3.0.0;\nstruct S { a: Nothing }\n", "struct S {\n", ""])
def test_what_is_wrong_is_not_released(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    DESCRIPTION.write_text(text)
    before = files()
    code, said = run(capsys, "release", str(DESCRIPTION))
    assert code == 2
    assert "error[A" in said
    assert files() == before


@pytest.mark.parametrize("name", ["-", "HEAD:abi/shop.abi", "shop@1.0.0", "abi/none.abi", "abi"])
def test_only_a_file_is_released(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = files()
    for command in ("release", "bump"):
        assert run(capsys, command, name)[0] == 2
    assert files() == before


def test_what_does_not_fit_on_the_disk_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    describe("3.0.0", "one", "two", "three")
    before = files()
    real, calls = os.replace, []

    def replace(source: str, target: str) -> None:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", str(target))
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    code, said = run(capsys, "release", str(DESCRIPTION))
    assert code == 2
    assert "error[A0906]" in said
    assert "abi/shop.lock: No space left on device" in said
    assert files() == before


def test_a_run_that_died_is_taken_up_by_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    text = LOCK.read_text()
    describe("3.0.0", "one", "two", "three")
    assert main(["release", str(DESCRIPTION)]) == 0
    after = files()
    LOCK.write_text(text)
    assert "error[A1006]" in run(capsys, "check")[1]
    assert main(["release", str(DESCRIPTION)]) == 0
    assert files() == after


def test_what_lies_in_the_way_is_not_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    describe("3.0.0", "one", "two", "three")
    (HISTORY / "3.0.0.abi").write_text("abi shop 3.0.0;\nopaque Other;\n")
    before = files()
    code, said = run(capsys, "release", str(DESCRIPTION))
    assert code == 1
    assert "abi/history/shop/3.0.0.abi is there, is not what abi/shop.abi says" in said
    assert files() == before


def test_releases_of_before_are_taken_in(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever they changed was published: it is told, and not refused."""
    kept = {path.name: path.read_bytes() for path in HISTORY.iterdir()}
    LOCK.unlink()
    text = (HISTORY / "1.0.0.abi").read_text().replace("1.0.0", "1.0.1")
    (HISTORY / "1.0.1.abi").write_text(text.replace("fn one(", "fn   other(x: u64); fn one("))
    for version in ("2.0.0", "1.0.0", "1.0.1"):
        code, said = run(capsys, "release", f"abi/history/shop/{version}.abi")
        assert code == 0, said
        assert ("note: shop 1.0.1 changed more than its number says" in said) == (
            version == "1.0.1"
        )
    assert released() == ["1.0.0", "1.0.1", "2.0.0"]
    for name, data in kept.items():
        assert (HISTORY / name).read_bytes() == data
    # It is kept in canonical form, as any release.
    assert "fn other(x: u64);\n" in (HISTORY / "1.0.1.abi").read_text()
    assert run(capsys, "check")[0] == 0
    (HISTORY / "9.0.0.abi").write_text(text)
    assert (
        "lies among the releases under another name"
        in run(capsys, "release", "abi/history/shop/9.0.0.abi")[1]
    )


def test_a_line_of_another_abilock_is_written_anew(capsys: pytest.CaptureFixture[str]) -> None:
    """What is seen in a text may change with abilock; the text stays what was released."""
    git("init", "--quiet", "--initial-branch", "main")
    right = LOCK.read_text()
    version, meaning, text, _ = right.splitlines()[-1].split()
    parsed = Version.parse(version)
    assert parsed is not None
    other = Release.of("shop", parsed, "0" * len(meaning), text)
    LOCK.write_text("".join([*right.splitlines(True)[:-1], f"{other.line()}\n"]))
    commit("of another abilock")
    code, said = run(capsys, "check")
    assert code == 1
    assert "abi/history/shop/2.0.0.abi does not mean what abi/shop.lock has of shop 2.0.0" in said
    assert "`abilock release abi/history/shop/2.0.0.abi` writes the line anew" in said
    assert main(["release", "abi/history/shop/2.0.0.abi"]) == 0
    assert LOCK.read_text() == right
    assert run(capsys, "check", "--against", "main")[0] == 0


def test_what_is_imported_is_released_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("abi/money.abi").write_text("abi money 1.0.0;\nstruct Money { cents: i64 }\n")
    describe("3.0.0", "one", "two")
    text = DESCRIPTION.read_text() + "entry fn price() -> Money;\n"
    DESCRIPTION.write_text(text.replace("compat", 'import "money.abi";\n\ncompat'))
    assert main(["release", str(DESCRIPTION)]) == 0
    assert (HISTORY / "3.0.0/money.abi").is_file()
    assert main(["generate"]) == 0
    assert run(capsys, "check") == (0, "generated is up to date\n")
    Path("abi/money.abi").write_text("abi money 1.0.0;\nstruct Money { cents: i32 }\n")
    assert "error[A1007]" in run(capsys, "check")[1]
    assert run(capsys, "layout", "shop@3.0.0", "Money")[1].count(" 8  cents: i64") == 1
    (HISTORY / "3.0.0/money.abi").write_text("abi money 1.0.0;\nstruct Money { cents: i32 }\n")
    assert "error[A1004]" in run(capsys, "check")[1]


def test_what_an_imported_type_changes_needs_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    money = Path("abi/money.abi")
    money.write_text("abi money 1.0.0;\nstruct Money { cents: i32, unit: u32 }\n")
    describe("3.0.0", "one")
    text = DESCRIPTION.read_text() + "entry fn price() -> Money;\n"
    DESCRIPTION.write_text(text.replace("compat", 'import "money.abi";\n\ncompat'))
    assert main(["release", str(DESCRIPTION)]) == 0
    money.write_text("abi money 2.0.0;\nstruct Money { cents: i64, unit: u32 }\n")
    edit(DESCRIPTION, "3.0.0", "3.0.1")
    code, said = run(capsys, "release", str(DESCRIPTION))
    assert code == 1
    assert "error[A1008]" in said
    assert "Money.cents" in said
    assert main(["generate"]) == 0
    said = run(capsys, "check")[1]
    assert said.count("  = in the ABI shop, which imports it\n") == said.count("breaking[C") == 1
    assert run(capsys, "bump", str(DESCRIPTION))[1].startswith(f"{DESCRIPTION}:1: 3.0.1 -> 3.1.0\n")
    assert main(["release", str(DESCRIPTION)]) == 0


# --- names


@pytest.mark.parametrize("name", ["shop@1.0.0", "abi/shop.abi@1.0.0", "./abi/shop.abi@1.0.0"])
def test_a_release_has_a_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, "layout", name, "Shop", "--format", "json")
    assert code == 0
    assert json.loads(said)["version"] == "1.0.0"
    assert run(capsys, "doc", name)[1].count("# shop 1.0.0") == 1
    assert run(capsys, "fmt", name)[0] == 2


def test_it_has_it_in_every_folder_of_the_project(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir("abi/history")
    assert run(capsys, "layout", "shop@1.0.0")[0] == 0
    assert run(capsys, "history", "shop")[0] == 0


AN_ABI = "`shop` is an ABI: name its description, `abi/shop.abi`"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("history shop@1.0.1", "A1010 did you mean `1.0.0`?"),
        ("history shpo@1.0.0", "A1010 did you mean `shop`?"),
        ("history abi", "A1010 name the file, such as `abi/x.abi`, or the ABI; `x@1.2.0` tells"),
        ("history -", "A1010 name the file, such as"),
        ("history HEAD:abi/shop.abi", "A1010 name the file, such as"),
        ("layout shop", f"A0001 {AN_ABI}, or a release, `shop@VERSION`"),
        ("diff shop abi/shop.abi", f"A0001 {AN_ABI}, or a release, `shop@VERSION`"),
        ("bump shop", f"A0001 {AN_ABI}\n"),
        ("release shop", f"A0001 {AN_ABI}\n"),
        ("release abi", "A0001 that is a folder; name a file"),
        ("bump none", "A0001 see whether the path is right: a description is named by its file"),
        (
            "layout tool",
            "A0001 name a description; `abilock verify --witness FILE` reads libraries",
        ),
        ("check shop", "A0902 did you mean `abi/shop.abi`?"),
    ],
)
def test_what_is_no_description_is_told_once(
    command: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to name in its place."""
    Path("tool").write_bytes(b"\x7fELF\x02\x01\x01\x00\x90\xff" * 50)
    exit_code, text = run(capsys, *command.split())
    code, _, hint = said.partition(" ")
    assert exit_code == 2
    assert text.count("error[") == 1
    assert text.startswith(f"error[{code}]: ")
    assert f"= hint: {hint}" in text


def test_a_history_ends_with_a_release(capsys: pytest.CaptureFixture[str]) -> None:
    whole = run(capsys, "history", "shop")[1]
    assert run(capsys, "history", "shop@2.0.0") == (0, whole)
    assert run(capsys, "history", "abi/shop.abi@1.0.0") == (0, "1.0.0: the first\n")
    describe("3.0.0", "one")
    assert run(capsys, "history", "abi/shop.abi@2.0.0") == (0, whole)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("shop@1.0.1", "did you mean `1.0.0`?"),
        ("shop@3", "shop@1.0.0, shop@2.0.0"),
        ("shop@", "shop@1.0.0, shop@2.0.0"),
        ("shpo@1.0.0", "did you mean `shop`?"),
        ("abi/none.abi@1.0.0", "no such file"),
    ],
)
def test_a_name_that_is_none_says_what_there_is(
    name: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = run(capsys, "layout", name)
    assert code == 2
    assert hint in said


def test_a_release_that_was_edited_is_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    path = HISTORY / "1.0.0.abi"
    path.write_text(path.read_text().replace("fn one", "fn uno"))
    code, said = run(capsys, "layout", "shop@1.0.0")
    assert code == 2
    assert (
        "error[A1004]: abi/history/shop/1.0.0.abi was edited since shop 1.0.0 was released" in said
    )


def test_a_file_of_that_name_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(DESCRIPTION, "shop@1.0.0")
    code, said = run(capsys, "layout", "shop@1.0.0", "--format", "json")
    assert (code, json.loads(said)["version"]) == (0, "2.0.0")


# --- check


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def first_digits() -> str:
    return LOCK.read_text().splitlines()[3].split()[1][:8]


DAMAGE = {
    "a release edited": ("A1004", lambda: edit(HISTORY / "1.0.0.abi", "fn one", "fn uno")),
    "its docs edited": ("A1004", lambda: edit(HISTORY / "1.0.0.abi", "/// What", "/// That")),
    "a line edited": ("A1004", lambda: edit(LOCK, first_digits(), "0" * 8)),
    "a version edited": ("A1004", lambda: edit(LOCK, "1.0.0 ", "1.1.0 ")),
    "a release removed": ("A1005", (HISTORY / "1.0.0.abi").unlink),
    "all of them removed": ("A1005", lambda: shutil.rmtree(HISTORY)),
    "a line removed": (
        "A1006",
        lambda: LOCK.write_text("".join(LOCK.read_text().splitlines(True)[:-1])),
    ),
    "the lock removed": ("A1006", LOCK.unlink),
    "a file added": ("A1006", lambda: (HISTORY / "1.5.0.abi").write_text("abi shop 1.5.0;")),
    "a folder added": (
        "A1006",
        lambda: [(HISTORY / "x").mkdir(), (HISTORY / "x/a.abi").write_text("abi a 1.5.0;")],
    ),
    "the version not moved": (
        "A1007",
        lambda: edit(DESCRIPTION, "    fn one", "    x: u32,\n    fn one"),
    ),
    "the version moved back": ("A1007", lambda: edit(DESCRIPTION, "shop 2.0.0", "shop 1.0.0")),
    "the version not moved enough": ("A1008", lambda: describe("2.0.1", "one")),
}


#: Those that have a neighbour of the same code.
MORE = {
    "its docs edited",
    "a version edited",
    "all of them removed",
    "a folder added",
    "a file added",
    "the version moved back",
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] if name in MORE else []) for name in DAMAGE],
)
def test_what_is_wrong_is_found(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, damage = DAMAGE[name]
    assert run(capsys, "check")[0] == 0
    damage()
    # With what the last run remembers, and without.
    for _ in range(2):
        exit_code, said = run(capsys, "check")
        assert exit_code == 1
        assert f"error[{code}]" in said
        assert main(["generate"]) == 0
    shutil.rmtree(".abilock-cache")
    assert f"error[{code}]" in run(capsys, "check", str(DESCRIPTION))[1]


def test_it_is_found_in_one_run_with_what_is_stale(capsys: pytest.CaptureFixture[str]) -> None:
    describe("2.0.0", "one", "two", "three")
    edit(HISTORY / "1.0.0.abi", "fn one", "fn uno")
    code, said = run(capsys, "check", "--format", "json")
    assert code == 1
    codes = {each["code"] for each in json.loads(said)["findings"]}
    assert {"A0908", "A1004", "A1007"} <= codes


@pytest.mark.parametrize("form", ["json", "markdown", "sarif", "github"])
def test_it_is_found_in_every_format(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    edit(DESCRIPTION, "    fn one", "    x: u32,\n    fn one")
    code, said = run(capsys, "check", "--format", form)
    assert code == 1
    assert "A1007" in said


def test_other_line_ends_are_no_edit(capsys: pytest.CaptureFixture[str]) -> None:
    for path in (LOCK, HISTORY / "1.0.0.abi", HISTORY / "2.0.0.abi", DESCRIPTION):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert run(capsys, "check")[0] == 0
    shutil.rmtree(".abilock-cache")
    assert run(capsys, "check")[0] == 0


def test_docs_and_form_of_a_released_description_may_change(
    capsys: pytest.CaptureFixture[str],
) -> None:
    edit(DESCRIPTION, "/// Makes one.", "/// Makes a shop.\n\n// of some kind")
    assert main(["generate"]) == 0
    assert run(capsys, "check")[0] == 0


def test_an_abi_without_releases_has_nothing_to_check(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree("abi/history")
    LOCK.unlink()
    describe("0.1.0", "anything")
    assert main(["generate"]) == 0
    assert run(capsys, "check")[0] == 0


def test_what_did_not_change_is_told_without_reading_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that imports what reads descriptions costs several times as much."""
    for name in [name for name in sys.modules if name.startswith("abilock.")]:
        if name.split(".")[1] in {"syntax", "check", "lock", "compat", "releases"}:
            monkeypatch.setitem(sys.modules, name, None)
    assert run(capsys, "check") == (0, "generated is up to date\n")


def put(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


GONE = "# abilock-lock 1\n"
GHOST = "abi ghost 1.0.0;\n"
STRAYS = {
    "a description in no folder": (
        "A1006]: abi/history/2.1.0.abi lies among the releases, and in the folder of no ABI",
        lambda: put("abi/history/2.1.0.abi", GHOST),
    ),
    "the folder of an ABI that there never was": (
        "A1006]: abi/history/ghost lies among the releases, and nothing describes an ABI 'ghost'",
        lambda: put("abi/history/ghost/1.0.0.abi", GHOST),
    ),
    "what a release does not import": (
        "A1006]: abi/history/shop/2.0.0/ghost.abi lies among the releases of shop, and abi/shop.lock",
        lambda: put("abi/history/shop/2.0.0/ghost.abi", GHOST),
    ),
    "a lock of an ABI that is gone": (
        "A1011]: abi/ghost.lock has releases of ghost, and no description beside it is of that ABI",
        lambda: (put("abi/ghost.lock", GONE), put("abi/history/ghost/1.0.0.abi", GHOST)),
    ),
}


@pytest.mark.parametrize("name", STRAYS)
def test_what_is_of_no_release_is_told(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    said, damage = STRAYS[name]
    assert run(capsys, "check") == (0, "generated is up to date\n")
    damage()
    code, text = run(capsys, "check")
    assert code == 1
    assert f"error[{said}" in text
    assert text.count("[A") == 1


def test_what_others_have_there_is_no_stray(capsys: pytest.CaptureFixture[str]) -> None:
    """Locks of other tools, and descriptions that another configuration lists."""
    put("abi/uv.lock", "version = 1\n")
    put("abi/history/notes/why.md", "because\n")
    put("abi/other.abi", GHOST)
    put("abi/ghost.lock", GONE)
    put("abi/history/ghost/1.0.0.abi", GHOST)
    assert run(capsys, "check") == (0, "generated is up to date\n")
    # Of which ABI a description is that is being edited, nobody can tell.
    put("abi/other.abi", "struct")
    assert run(capsys, "check") == (0, "generated is up to date\n")


# --- check --against


@pytest.fixture
def base() -> None:
    """What there is, as the branch ``main``."""
    git("init", "--quiet", "--initial-branch", "main")
    commit("base")


@pytest.mark.usefixtures("base")
def test_releases_of_another_revision_are_the_same_here(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(capsys, "check", "--against", "main")[0] == 0
    release("3.0.0", "one", "two", "three")
    assert main(["generate"]) == 0
    assert run(capsys, "check", "--against", "main")[0] == 0
    # Gone with all that proved it.
    LOCK.unlink()
    shutil.rmtree(HISTORY)
    assert run(capsys, "check")[0] == 0
    code, said = run(capsys, "check", "--against", "main")
    assert code == 1
    assert "error[A1009]: shop 1.0.0 is released at main, and abi/shop.lock has lost it" in said
    release("1.0.0", "other")
    release("2.0.0", "one", "two")
    code, said = run(capsys, "check", "--against", "main")
    assert "error[A1009]: shop 1.0.0 is another release at main than here" in said
    assert "shop 2.0.0" not in said


@pytest.mark.usefixtures("base")
def test_releases_are_missed_wherever_they_were(capsys: pytest.CaptureFixture[str]) -> None:
    Path("abis").mkdir()
    DESCRIPTION.rename("abis/shop.abi")
    edit(Path("pyproject.toml"), "abi/shop.abi", "abis/shop.abi")
    shutil.rmtree("abi")
    assert "abis/shop.lock has lost it" in run(capsys, "check", "--against", "main")[1]


@pytest.mark.usefixtures("base")
def test_new_releases_are_judged(capsys: pytest.CaptureFixture[str]) -> None:
    """As past ones they were taken in, which nobody may do with what is new."""
    describe("2.0.1", "one")
    shutil.copy(DESCRIPTION, HISTORY / "2.0.1.abi")
    assert main(["release", "abi/history/shop/2.0.1.abi"]) == 0
    assert main(["generate"]) == 0
    assert run(capsys, "check")[0] == 0
    code, said = run(capsys, "check", "--against", "main")
    assert code == 1
    assert "error[A1008]: shop 2.0.1, released since main, is too low" in said
    assert "  = note: C" in said, "what it changed is told"


@pytest.mark.usefixtures("base")
@pytest.mark.parametrize("revision", ["nowhere", "-h", "", "main:abi"])
def test_a_revision_that_is_none_is_told(revision: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, "check", f"--against={revision}")
    assert code == 2
    assert "git knows no revision" in said


@pytest.mark.usefixtures("base")
def test_a_checkout_that_git_does_not_trust_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in containers, where the files are somebody else's."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    advice = "call: git config --global --add safe.directory "
    code, said = run(capsys, "check", "--against", "main")
    assert code == 2
    assert "cannot read the revision 'main': detected dubious ownership" in said
    assert advice in said
    assert advice in run(capsys, "diff", "main:abi/shop.abi", str(DESCRIPTION))[1]


@pytest.mark.usefixtures("base")
def test_a_revision_without_its_files_is_no_revision_without_releases(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As in a clone that leaves out what it may fetch later."""
    tree = git("rev-parse", "main^{tree}").stdout.strip()
    Path(".git/objects", tree[:2], tree[2:]).unlink()
    code, said = run(capsys, "check", "--against", "main")
    assert code == 2
    assert "cannot read the revision 'main': " in said


# --- history


def test_history_tells_what_each_release_changed(capsys: pytest.CaptureFixture[str]) -> None:
    describe("2.0.1", "one")
    code, said = run(capsys, "history", str(DESCRIPTION))
    assert code == 0
    lines = said.splitlines()
    assert lines[0] == "1.0.0: the first"
    assert lines[1].startswith("1.0.0 -> 2.0.0: breaking; the number says so")
    (last,) = [line for line in lines if "not released" in line]
    assert last.startswith("2.0.0 -> 2.0.1 (abi/shop.abi, not released): breaking; needed ")
    assert ", took 2.0.1; the loader wrongly accepts " in last
    assert any("Shop.two" in line and "breaking" in line for line in lines)


def test_history_tells_the_number_that_loaders_compare(capsys: pytest.CaptureFixture[str]) -> None:
    """Where it is the number that is not honest, whatever the version says."""
    counted = (
        "abi shop 3.{}.0; compat integer(N); const N: u32 = 4; @version entry static v: u32;"
        " entry fn f(x: {});"
    )
    for minor, kind in enumerate(("u32", "u64")):
        DESCRIPTION.write_text(counted.format(minor, kind))
        if not minor:
            assert run(capsys, "release", str(DESCRIPTION))[0] == 0
    lines = run(capsys, "history", str(DESCRIPTION))[1].splitlines()
    (last,) = [line for line in lines if "not released" in line]
    assert "needed 3.1.0, with the number 5, took 3.1.0, with the number 4; " in last


#: Where plugins tell another number than the release has.
TOLD = """\
abi shop {version};

compat {rule};

@version
const SDK: str = "{told}"; // of the SDK

vtable Shop {{
    state: *mut void,
{slots}    drop fn drop(self: own);
}}

@version entry fn shop_version() -> *const char @nul @until(library);

entry fn shop_open() -> own *mut Shop?;
"""


def tell(version: str, told: str, *slots: str, rule: str = "major.minor") -> None:
    """Write a description whose plugins tell another number than its own."""
    lines = "".join(f"    fn {slot}(self: const) -> u32;\n" for slot in slots)
    DESCRIPTION.write_text(TOLD.format(version=version, rule=rule, told=told, slots=lines))


@pytest.fixture
def told() -> None:
    """A release of 1.1.0 whose plugins tell 0.6.0, behind one of 1.0.0 whose plugins tell 0.5.0."""
    shutil.rmtree("abi/history")
    LOCK.unlink()
    tell("1.0.0", "0.5.0", "one")
    assert main(["release", str(DESCRIPTION)]) == 0
    tell("1.1.0", "0.6.0", "zero", "one")
    assert main(["release", str(DESCRIPTION)]) == 0


@pytest.mark.usefixtures("told")
def test_history_tells_the_number_that_plugins_tell(capsys: pytest.CaptureFixture[str]) -> None:
    tell("1.2.0", "0.6.1", "two", "zero", "one")
    lines = run(capsys, "history", str(DESCRIPTION))[1].splitlines()
    heads = [line for line in lines if line.startswith("1.")]
    said = "the number says so (needed 0.6.0, plugins tell 0.6.0); "
    assert f"1.0.0 -> 1.1.0: breaking; {said}" in heads[1]
    assert "breaking; needed 0.7.0, plugins tell 0.6.1; the loader wrongly accepts " in heads[2]


@pytest.mark.usefixtures("told")
def test_a_number_that_says_too_little_is_the_one_that_plugins_tell(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell("1.2.0", "0.6.1", "two", "zero", "one")
    said = run(capsys, "check", str(DESCRIPTION))[1]
    assert (
        "0.6.1, which plugins of 1.2.0 tell, is too low: what changed since 1.1.0 needs 0.7.0"
        in said
    )


@pytest.mark.parametrize(
    ("since", "rule"),
    [("", "C1401"), ("@since(2.5.0) ", "C1404"), ("@since(4.0.0) ", "")],
)
def test_when_something_came_is_asked_though_the_version_says_enough(
    since: str, rule: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Headers and pages say it to all who read them, and exceptions to who calls."""
    row = "struct Row {{ a: u32 {} }}\nentry fn shop_row() -> *const Row @until(library);\n"
    for version, more in (("3.0.0", ""), ("4.0.0", f", {since}b: u32")):
        describe(version, "one", "two")
        DESCRIPTION.write_text(DESCRIPTION.read_text() + row.format(more))
        if not more:
            assert main(["release", str(DESCRIPTION)]) == 0
    assert main(["generate"]) == 0
    code, said = run(capsys, "check", str(DESCRIPTION))
    assert code == 0
    assert (f"[{rule}]: `Row.b` " in said) == bool(rule)
    assert "error[" not in said


def test_history_tells_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, "history", "shop", "--format", "json")
    assert code == 0
    first, second = json.loads(said)["releases"]
    assert first == {"version": "1.0.0", "released": True, "previous": None}
    assert (second["version"], second["previous"]) == ("2.0.0", "1.0.0")
    assert (second["verdict"], second["declared"], second["honest"]) == ("breaking", "2.0.0", True)
    assert second["loader"] == {
        "accepts": {"old_plugin_new_host": False, "new_plugin_old_host": False},
        "should": {"old_plugin_new_host": False, "new_plugin_old_host": False},
        "caught": True,
    }
    (two,) = [each for each in second["findings"] if each["subject"] == "Shop.two"]
    place = {key: two["new"][key] for key in ("file", "line", "column")}
    assert place == {"file": "abi/history/shop/2.0.0.abi", "line": 9, "column": 8}


def test_history_is_told_as_the_page_shows_it(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree("abi/history")
    LOCK.unlink()
    release("1.0.0", "one")
    describe("1.0.1", "zero", "one")
    shutil.copy(DESCRIPTION, HISTORY / "1.0.1.abi")
    assert main(["release", "abi/history/shop/1.0.1.abi"]) == 0
    describe("1.1.0", "zero")
    capsys.readouterr()
    assert main(["history", "abi/shop.abi"]) == 0
    told = f"$ abilock history abi/shop.abi\n{capsys.readouterr().out}"
    assert told in (root / "docs/releases.md").read_text("utf-8")


def test_history_does_not_judge_what_was_edited(capsys: pytest.CaptureFixture[str]) -> None:
    edit(HISTORY / "1.0.0.abi", "fn one", "fn uno")
    code, said = run(capsys, "history", "shop")
    assert code == 1
    assert "error[A1004]" in said


def test_history_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree("abi/history")
    LOCK.unlink()
    code, said = run(capsys, "history", "shop")
    assert (code, said) == (0, "no version of shop was released so far\n")


# --- bump


def test_bump_writes_the_number_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    describe("2.0.0", "one")
    DESCRIPTION.write_bytes(b"\xef\xbb\xbf// 2.0.0\r\n" + DESCRIPTION.read_bytes())
    before = DESCRIPTION.read_bytes()
    code, said = run(capsys, "bump", "--check", str(DESCRIPTION))
    assert code == 1
    assert DESCRIPTION.read_bytes() == before
    code, said = run(capsys, "bump", str(DESCRIPTION))
    gone = "breaking C0103: `Shop.two` is gone\n"
    instead = "  hint: keep it where it is: with `@deprecated(2.0.1)`, or `@reserved(zero)`\n"
    assert (code, said) == (0, f"abi/shop.abi:2: 2.0.0 -> 2.1.0\n{gone}{instead}")
    assert DESCRIPTION.read_bytes() == before.replace(b"shop 2.0.0", b"shop 2.1.0")
    code, said = run(capsys, "bump", "--check", str(DESCRIPTION))
    assert (code, said) == (0, "2.1.0 says enough of what changed since 2.0.0\n")
    assert main(["release", str(DESCRIPTION)]) == 0
    capsys.readouterr()
    assert main(["bump", str(DESCRIPTION), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["written"] is False


def test_bump_passes_over_what_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    release("2.1.0", "one", "two", "three")
    describe("2.0.0", "two")
    assert run(capsys, "bump", str(DESCRIPTION))[1].startswith(f"{DESCRIPTION}:1: 2.0.0 -> 2.2.0\n")


COUNTED = """\
abi shop 1.0.0;

compat {rule};

{constant}

@version entry static const shop_abi: u32;

entry fn shop_open(n: u32) -> u32;
"""


@pytest.mark.parametrize(
    ("rule", "constant", "then"),
    [
        ("integer(SHOP_ABI)", "const SHOP_ABI: u32 = 1; // one", "const SHOP_ABI: u32 = 2; // one"),
        ("integer(SHOP_ABI)", "const SHOP_ABI: u32 = 2 - 1;", "const SHOP_ABI: u32 = 2;"),
        ("accepts(1, 4)", "const OTHER: u32 = 4;", "const OTHER: u32 = 4;"),
        ("accepts(1, 4)", "@version\nconst SHOP_ABI: u32 = 4;", "const SHOP_ABI: u32 = 5;"),
    ],
)
def test_bump_writes_the_number_that_a_loader_compares(
    rule: str, constant: str, then: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree("abi/history")
    LOCK.unlink()
    DESCRIPTION.write_text(COUNTED.format(rule=rule, constant=constant))
    assert main(["release", str(DESCRIPTION)]) == 0
    edit(DESCRIPTION, "n: u32", "n: u64")
    code, said = run(capsys, "bump", str(DESCRIPTION))
    assert code == 0, said
    text = DESCRIPTION.read_text()
    assert then in text
    assert f"compat {rule.replace('1, 4', '5')};" in text
    assert "abi shop 1.0.0;" not in text
    assert main(["release", str(DESCRIPTION)]) == 0


def test_a_number_that_is_too_low_is_told_beside_the_version(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.rmtree("abi/history")
    LOCK.unlink()
    DESCRIPTION.write_text(
        COUNTED.format(rule="integer(SHOP_ABI)", constant="const SHOP_ABI: u32 = 1;")
    )
    assert main(["release", str(DESCRIPTION)]) == 0
    edit(DESCRIPTION, "n: u32", "n: u64")
    edit(DESCRIPTION, "abi shop 1.0.0", "abi shop 1.0.1")
    code, said = run(capsys, "release", str(DESCRIPTION))
    assert code == 1
    assert (
        "1.0.1, with the number 1 is too low: what changed since 1.0.0 needs 1.0.1, with the number 2"
        in said
    )


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("version", "said", "rule", "then"),
    [
        ("1.1.0", "0.6.0", "major.minor", ("1.2.0", "0.7.0")),
        ("1.1.0", "0.6.0", "semver", ("2.0.0", "0.7.0")),
        # Who has written one of the two is asked for the other.
        ("1.3.0", "0.6.0", "major.minor", ("1.3.0", "0.7.0")),
        ("1.1.0", "0.8.0", "major.minor", ("1.2.0", "0.8.0")),
        # Another line has it.
        ("1.0.0", "0.5.0", "major.minor", ("1.2.0", "0.7.0")),
    ],
)
def test_bump_writes_the_number_that_plugins_tell(
    version: str,
    said: str,
    rule: str,
    then: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And leaves the version of the ABI to its own numbers, which only go forwards."""
    tell(version, said, "two", "zero", "one", rule=rule)
    code, _ = run(capsys, "bump", "--check", str(DESCRIPTION))
    assert code == 1
    code, told = run(capsys, "bump", str(DESCRIPTION))
    assert code == 0, told
    expected = TOLD.format(version=then[0], rule=rule, told=then[1], slots="{slots}")
    head, _, rest = expected.partition("{slots}")
    text = DESCRIPTION.read_text()
    assert text.startswith(head)
    assert text.endswith(rest)
    assert (f'abi/shop.abi:6: "{said}" -> "{then[1]}"' in told) == (said != then[1])
    code, told = run(capsys, "release", str(DESCRIPTION))
    assert code == 0, told


def test_bump_goes_on_where_plugins_tell_more_than_the_version(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.rmtree("abi/history")
    LOCK.unlink()
    tell("0.11.0", "0.13.0", "one")
    assert main(["release", str(DESCRIPTION)]) == 0
    tell("0.11.0", "0.13.0", "zero", "one")
    capsys.readouterr()
    assert main(["bump", str(DESCRIPTION), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["declared"], told["required"], told["told"]) == ("0.11.0", "0.12.0", "0.14.0")
    code, said = run(capsys, "bump", str(DESCRIPTION))
    assert (code, said) == (0, "0.12.0 says enough of what changed since 0.11.0\n")
    assert main(["release", str(DESCRIPTION)]) == 0


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("since", ["0.6.1", "0.9.0"])
def test_bump_tells_the_number_that_the_newest_element_names(
    since: str, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(DESCRIPTION, "(self: own);\n}", f"(self: own);\n{MORE.format(since)}")
    code, said = run(capsys, "bump", str(DESCRIPTION))
    assert (code, said) == (
        0,
        f'abi/shop.abi:1: 1.1.0 -> 1.1.1\nabi/shop.abi:6: "0.6.0" -> "{since}"\n',
    )
    assert main(["release", str(DESCRIPTION)]) == 0


def test_bump_tells_what_was_never_released(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree("abi/history")
    LOCK.unlink()
    tell("1.0.0", "0.5.0", "one")
    edit(DESCRIPTION, "(self: own);\n}", f"(self: own);\n{MORE.format('0.6.0')}")
    code, said = run(capsys, "bump", str(DESCRIPTION))
    assert (code, said) == (0, 'abi/shop.abi:6: "0.5.0" -> "0.6.0"\n')


MORE = "    @since({}) fn more(self: mut);\n}}"


@pytest.mark.parametrize(
    ("before", "after", "then"),
    [
        ("}", MORE.format("2.0.4"), "2.0.4"),
        ("    fn two", "    fn other(self: mut);\n    @deprecated(2.0.4) fn two", "2.1.0"),
        ("    fn two", "    fn other(self: mut);\n    @deprecated(2.3.0) fn two", "2.3.0"),
    ],
)
def test_bump_writes_the_number_that_the_newest_element_names(
    before: str, after: str, then: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Hints say ``write `@since(2.0.4)` ``, and no description may be older than what is in it."""
    edit(DESCRIPTION, before, after)
    code, said = run(capsys, "bump", "--check", str(DESCRIPTION))
    assert code == 1
    assert "A0502" not in said
    assert "A1007" in said
    code, said = run(capsys, "bump", str(DESCRIPTION))
    assert (code, said.splitlines()[0]) == (0, f"abi/shop.abi:1: 2.0.0 -> {then}")
    assert main(["release", str(DESCRIPTION)]) == 0


def test_bump_does_not_write_the_number_of_what_is_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    edit(
        DESCRIPTION, "drop(self: own);", "drop(self: own);\n    @since(2.0.1) fn more() -> Nothing;"
    )
    before = DESCRIPTION.read_bytes()
    code, said = run(capsys, "bump", str(DESCRIPTION))
    assert code == 2
    assert "A0502" in said
    assert "A0201" in said
    assert DESCRIPTION.read_bytes() == before


def test_bump_numbers_what_was_never_released(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree("abi/history")
    LOCK.unlink()
    edit(DESCRIPTION, "fn two", "@since(2.2.0) fn two")
    code, said = run(capsys, "bump", str(DESCRIPTION))
    assert (code, said) == (0, "abi/shop.abi:1: 2.0.0 -> 2.2.0\n")


FIELDS = "abi shop {}; struct S {{ a: u32{} }} entry fn f(s: *const S);"


@pytest.mark.parametrize(
    ("fields", "then"),
    [
        # What was released as 1.0.1 has no such field.
        ("", "1.1.0"),
        # It is what was released.
        (", @since(1.0.1) b: u32", "1.0.1"),
    ],
)
def test_bump_writes_no_number_of_another_release(
    fields: str, then: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the newest element names, where no release is before the version that is written."""
    shutil.rmtree("abi/history")
    LOCK.unlink()
    DESCRIPTION.write_text(FIELDS.format("1.0.1", fields))
    assert main(["release", str(DESCRIPTION)]) == 0
    DESCRIPTION.write_text(FIELDS.format("1.0.0", ", @since(1.0.1) b: u32"))
    assert run(capsys, "bump", "--check", str(DESCRIPTION))[0] == 1
    code, said = run(capsys, "bump", str(DESCRIPTION))
    assert (code, said.splitlines()[0]) == (0, f"abi/shop.abi:1: 1.0.0 -> {then}")
    assert main(["release", str(DESCRIPTION)]) == 0


def test_the_reference_of_a_release_names_the_release(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, "doc", "shop@1.0.0")
    assert code == 0
    assert said.startswith("<!-- generated by abilock from shop@1.0.0 — do not edit -->\n")


def test_bump_leaves_a_project_without_releases_alone(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree("abi/history")
    LOCK.unlink()
    before = files()
    code, said = run(capsys, "bump", str(DESCRIPTION))
    assert (code, said) == (0, "no version before 2.0.0 was released, so that it may stay\n")
    assert files() == before


def test_releases_are_checked_beside_a_description_that_is_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    edit(DESCRIPTION, "-> u32", "-> Nothing")
    edit(HISTORY / "1.0.0.abi", "fn one", "fn uno")
    code, said = run(capsys, "check")
    assert code == 2
    assert "error[A0201]" in said
    assert "error[A1004]" in said
    assert said.count("error[A0201]") == 1


def test_bump_passes_over_numbers_that_are_taken(capsys: pytest.CaptureFixture[str]) -> None:
    """Two branches that broke with one release, of which one was there first."""
    shutil.rmtree("abi/history")
    LOCK.unlink()
    first = COUNTED.format(rule="integer(SHOP_ABI)", constant="const SHOP_ABI: u32 = 1;")
    DESCRIPTION.write_text(first)
    assert main(["release", str(DESCRIPTION)]) == 0
    edit(DESCRIPTION, "n: u32", "n: u64")
    assert main(["bump", str(DESCRIPTION)]) == 0
    assert main(["release", str(DESCRIPTION)]) == 0
    DESCRIPTION.write_text(first.replace("n: u32", "n: bool"))
    assert main(["bump", str(DESCRIPTION)]) == 0
    assert "const SHOP_ABI: u32 = 3;" in DESCRIPTION.read_text()
    assert main(["release", str(DESCRIPTION)]) == 0
    capsys.readouterr()
    assert main(["history", str(DESCRIPTION), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)["releases"]
    assert [each.get("honest") for each in told] == [None, True, True]


# --- damaged locks


@pytest.fixture(scope="module")
def with_loader(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a loader, which knows of all releases."""
    folder = tmp_path_factory.mktemp("loader") / "project"
    shutil.copytree(prepared, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        edit(Path("pyproject.toml"), '"report"', '"cffi"')
        assert main(["generate"]) == 0
    return folder


DAMAGED = {
    "markers": ("A1002", lambda: edit(LOCK, "1.0.0 ", "<<<<<<< HEAD\n1.0.0 ")),
    "twice": (
        "A1003",
        lambda: edit(LOCK, "1.0.0 ", LOCK.read_text().splitlines()[-1] + "\n1.0.0 "),
    ),
}
RELEASES = "generated/shop/python/shop/_releases.py"


@pytest.mark.slow
@pytest.mark.parametrize("name", DAMAGED)
def test_what_follows_from_a_damaged_lock_waits_for_it(
    name: str, with_loader: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What loaders know of releases is not stale for being unknown."""
    shutil.copytree(with_loader, ".", dirs_exist_ok=True)
    assert run(capsys, "check")[0] == 0
    code, damage = DAMAGED[name]
    damage()
    for command in (["check"], ["generate", "--check"], ["generate", "--diff"]):
        exit_code, said = run(capsys, *command)
        assert exit_code == 1
        assert said.startswith(f"error[{code}]")
        assert said.count("error[") == 1
        assert RELEASES not in said
    # What is wrong for another reason is told beside it, and after it.
    edit(DESCRIPTION, "/// Makes one.", "/// Makes a shop.")
    Path(RELEASES).write_text("edited\n")
    said = run(capsys, "check")[1]
    assert f"error[A0904]: {RELEASES} was edited" in said
    assert "error[A0908]" in said
    assert said.startswith(f"error[{code}]")


def test_exceptions_wait_for_a_damaged_lock(capsys: pytest.CaptureFixture[str]) -> None:
    edit(
        Path("pyproject.toml"),
        "compilers = []",
        'compilers = []\n[[tool.abilock.accept]]\nelement = "Shop.zero"\nrule = "slot-inserted"\n'
        'reason = "no plugin is out yet"\nuntil = "3.0.0"',
    )
    describe("2.0.1", "zero", "one", "two")
    assert main(["generate"]) == 0
    assert run(capsys, "check")[0] == 0
    edit(LOCK, "1.0.0 ", "<<<<<<< HEAD\n1.0.0 ")
    said = run(capsys, "check")[1]
    assert said.count("error[") == 1
    assert "A1002" in said


def test_a_lock_that_cannot_be_read_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    git("init", "--quiet", "--initial-branch", "main")
    commit("base")
    LOCK.unlink()
    LOCK.mkdir()
    for command in ("check", "check --against main", "history shop", "bump abi/shop.abi"):
        code, said = run(capsys, *command.split())
        assert code == (1 if "check" in command else 2)
        assert said.count("error[") == 1
        assert "error[A1001]: cannot read abi/shop.lock: Is a directory" in said
    assert run(capsys, "generate")[0] == 0


def test_a_release_that_cannot_be_read_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    (HISTORY / "1.0.0.abi").unlink()
    (HISTORY / "1.0.0.abi").mkdir()
    for command in ("check", "history shop", "layout shop@1.0.0"):
        code, said = run(capsys, *command.split())
        assert code == (2 if "layout" in command else 1)
        assert said.count("error[") == 1
        assert "error[A0001]: cannot read shop 1.0.0 in abi/history/shop: Is a dir" in said
