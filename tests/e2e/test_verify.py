"""``abilock verify --witness``: libraries are read and not loaded; what proves nothing is never fine."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from abilock.cli import main
from support.witnesses import DESCRIPTION, Shelf, changed

VERSION = "{NAME} 1.2.3"
OLDER = {
    VERSION: "{NAME} 1.2.1",
    "@since(1.2.2) fn late(self: const) -> i32,\n": "",
    ", @since(1.2.2) more: u32": "",
}
STRICTER = {VERSION: "{NAME} 1.2.4", "token: *mut Token?": "token: *mut Token"}
INSERTED = {"fn first(": "fn extra(self: mut), fn first("}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, cc: list[str]) -> Shelf:
    """A shelf in a project whose configuration lists its description."""
    shelf = Shelf(tmp_path_factory.mktemp("verify"), cc)
    text = shelf.description.replace("{NAME}", shelf.name)
    (shelf.folder / "shop.abi").write_text(text, encoding="utf-8")
    (shelf.folder / "pyproject.toml").write_text('[tool.abilock]\nabi = ["shop.abi"]\n')
    return shelf


class Done(NamedTuple):
    """What a run came to."""

    returncode: int
    stdout: str
    stderr: str


def verify(folder: Path, *arguments: str) -> Done:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["verify", "--witness", *arguments])
    return Done(code, out.getvalue(), err.getvalue())


def told(folder: Path, *arguments: str, code: int) -> list[dict[str, Any]]:
    done = verify(folder, "--format", "json", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["libraries"]
    return found


def test_as_described(shelf: Shelf) -> None:
    done = verify(shelf.folder, str(shelf.plugin()))
    assert (done.returncode, done.stderr) == (0, "")
    assert ": as shop.abi describes it, 15 declarations with 24 members and values\n" in done.stdout


def test_a_slot_was_inserted(shelf: Shelf) -> None:
    built = shelf.plugin(INSERTED)
    done = verify(shelf.folder, str(built))
    assert done.returncode == 1
    assert f"{built}: {shelf.name} 1.2.3 for " in done.stdout
    assert "differs from what is described\n" in done.stdout
    assert (
        f"error[A0804]: {built}: `Shop.first` was compiled as `fn extra(self: mut)`, described as"
        " `fn first(self: const) -> i32`; so are 5 more of it\n  --> shop.abi:" in done.stdout
    )
    (found,) = told(shelf.folder, str(built), code=1)
    assert found["status"] == "differs"
    (difference,) = found["differences"]
    assert difference["element"] == "Shop.first"
    assert difference["level"] == "layout"
    assert difference["compiled"] == "fn extra(self: mut)"
    assert difference["described"] == "fn first(self: const) -> i32"


def test_an_older_one_that_fits(shelf: Shelf) -> None:
    late = "@since(1.2.2) fn late(self: const) -> i32,\n"
    changes = {"{NAME} 1.2.3": "{NAME} 1.2.1", late: "", ", @since(1.2.2) more: u32": ""}
    built = shelf.plugin(changes, late=False)
    (found,) = told(shelf.folder, str(built), code=0)
    assert (found["status"], found["version"], found["described"]) == ("fits", "1.2.1", "1.2.3")
    assert found["missing"] == [
        {"element": "Shop.late", "since": "1.2.2"},
        {"element": "Board.more", "since": "1.2.2"},
    ]
    said = verify(shelf.folder, str(built)).stdout
    assert "fits 1.2.3, without Shop.late (since 1.2.2), Board.more (since 1.2.2)" in said


def test_a_version_that_the_rule_refuses(shelf: Shelf) -> None:
    built = shelf.plugin({"{NAME} 1.2.3": "{NAME} 1.3.0"})
    done = verify(shelf.folder, str(built))
    assert done.returncode == 1
    assert "A0806" in done.stdout
    assert "loaders refuse it, by the rule major.minor" in done.stdout


def test_a_release_that_fits_may_have_other_names(tmp_path: Path, cc: list[str]) -> None:
    shelf = Shelf(tmp_path, cc)
    (tmp_path / "pyproject.toml").write_text('[tool.abilock]\nabi = ["shop.abi"]\n')
    names = {
        VERSION: "{NAME} 1.2.2",
        "fn first(": "fn primary(",
        "struct Item {": "struct Article {",
    }
    names["*const Item"] = "*const Article"
    with contextlib.chdir(tmp_path):
        for changes in (names, {}):
            text = changed(shelf.description, changes).replace("{NAME}", shelf.name)
            Path("shop.abi").write_text(text, encoding="utf-8")
            if changes:
                assert main(["release", "shop.abi"]) == 0
    options = ("-Dfirst=primary",)
    (found,) = told(tmp_path, str(shelf.plugin(names, *options)), code=0)
    assert (found["status"], found["version"]) == ("fits", "1.2.2")
    # It is no release, word for word.
    other = names | {"struct Card { n: u32 }": "struct Card { n: i32 }"}
    (found,) = told(tmp_path, str(shelf.plugin(other, *options)), code=1)
    assert found["status"] == "differs"


@pytest.fixture
def released(tmp_path: Path, cc: list[str]) -> Shelf:
    """Of an ABI with releases that its rule judges wrongly: 1.2.1 fits and is refused, 1.2.4 is taken and
    makes other promises."""
    shelf = Shelf(tmp_path, cc, DESCRIPTION.replace("compat major.minor", "compat semver"))
    (tmp_path / "pyproject.toml").write_text('[tool.abilock]\nabi = ["shop.abi"]\n')
    history = Path("history", shelf.name)
    with contextlib.chdir(tmp_path):
        history.mkdir(parents=True)
        for version, changes in ({"1.2.1": OLDER, "1.2.4": STRICTER}).items():
            text = changed(shelf.description, changes).replace("{NAME}", shelf.name)
            (history / f"{version}.abi").write_text(text, encoding="utf-8")
            assert main(["release", str(history / f"{version}.abi")]) == 0
        text = shelf.description.replace("{NAME}", shelf.name)
        Path("shop.abi").write_text(text, encoding="utf-8")
    return shelf


def test_a_release_is_judged_by_what_the_lock_knows(released: Shelf) -> None:
    """As generated loaders do."""
    built = released.plugin(OLDER, late=False)
    (found,) = told(released.folder, str(built), code=0)
    assert (found["status"], found["version"]) == ("fits", "1.2.1")
    built = released.plugin(STRICTER)
    (found,) = told(released.folder, str(built), code=1)
    assert (found["status"], found["differences"]) == ("refused", [])
    said = verify(released.folder, str(built)).stdout
    assert "shop.abi is 1.2.3: it is known not to fit, one side " in said
    # Of what is not in the lock, the rule alone says something.
    (found,) = told(released.folder, str(released.plugin({VERSION: "{NAME} 1.2.2"})), code=1)
    assert found["status"] == "refused"
    (found,) = told(released.folder, str(released.plugin({VERSION: "{NAME} 1.2.5"})), code=0)
    assert found["status"] == "fits"


def test_other_promises_are_named_if_a_release_makes_them(released: Shelf) -> None:
    promised = {"token: *mut Token?": "token: *mut Token"}
    (found,) = told(released.folder, str(released.plugin(promised)), code=1)
    (difference,) = found["differences"]
    assert difference["message"].endswith(", with other promises: those of 1.2.4")
    with contextlib.chdir(released.folder):
        older = Path("history", released.name, "1.2.2.abi")
        text = changed(released.description, promised | {VERSION: "{NAME} 1.2.2"})
        older.write_text(text.replace("{NAME}", released.name), encoding="utf-8")
        assert main(["release", str(older)]) == 0
        Path("history", released.name, "1.2.4.abi").unlink()
    (found,) = told(released.folder, str(released.plugin(promised)), code=1)
    (difference,) = found["differences"]
    assert difference["message"].endswith(
        "with other promises: those of 1.2.2 (since then, `Shop.second.token` may be null now:"
        " `*mut Token` -> `*mut Token?`)"
    )
    # No release has these.
    others = {"fn first(self: const) -> i32": "fn first(self: const) -> i32 @ok(1)"}
    (found,) = told(released.folder, str(released.plugin(others)), code=1)
    assert found["differences"][0]["message"].endswith(", with other promises")


def test_a_release_with_a_number_that_the_rule_refuses(tmp_path: Path, cc: list[str]) -> None:
    numbered = "compat integer(API);\n@version const API: u32 = 7"
    text = DESCRIPTION.replace("compat major.minor", numbered).replace("@since(1.2.2) ", "")
    text = text.replace("@version version", "version")
    text += "@version entry static const number: u32;\n"
    shelf = Shelf(tmp_path, cc, text)
    older = {VERSION: "{NAME} 1.2.0", "u32 = 7": "u32 = 6"}
    with contextlib.chdir(tmp_path):
        Path("shop.abi").write_text(text.replace("{NAME}", shelf.name), encoding="utf-8")
        history = Path("history", shelf.name)
        history.mkdir(parents=True)
        frozen = changed(text, older).replace("{NAME}", shelf.name)
        (history / "1.2.0.abi").write_text(frozen, encoding="utf-8")
        assert main(["release", str(history / "1.2.0.abi")]) == 0
    built = shelf.plugin(older)
    (found,) = told(tmp_path, "--abi", "shop.abi", str(built), code=1)
    assert found["status"] == "refused"


def test_what_an_alias_stood_for_is_said(shelf: Shelf) -> None:
    said = verify(shelf.folder, str(shelf.plugin({"type Count = u32": "type Count = i32"}))).stdout
    assert (
        "`Item.count` was compiled as `count: Count`, described as `count: Count`; `Count` was `i32` there"
        " and is `u32` here\n" in said
    )


def test_how_a_struct_was_packed_is_said(shelf: Shelf) -> None:
    said = verify(shelf.folder, str(shelf.plugin({"struct Card": "@packed(2) struct Card"}))).stdout
    assert "`Card` was compiled as `struct Card: packed(2)`, described as `struct Card`" in said


def test_what_proves_nothing_is_unknown(shelf: Shelf, tmp_path: Path) -> None:
    built = shelf.plugin(proves=False)
    (found,) = told(shelf.folder, str(built), code=1)
    assert found["status"] == "unknown"
    done = verify(shelf.folder, str(built))
    assert done.returncode == 1
    assert "unknown, it proves nothing" in done.stdout
    # Nor does what nobody can hold against anything.
    (found,) = told(tmp_path, str(shelf.plugin()), code=1)
    assert (found["status"], found["abi"]) == ("unknown", shelf.name)
    other = tmp_path / "other.abi"
    other.write_text("abi other 1.0.0;\n", encoding="utf-8")
    (found,) = told(shelf.folder, str(shelf.plugin()), "--abi", str(other), code=1)
    assert found["status"] == "unknown"


def test_another_description_can_be_named(shelf: Shelf, tmp_path: Path) -> None:
    text = shelf.description.replace("{NAME}", shelf.name)
    changed = tmp_path / "changed.abi"
    changed.write_text(text.replace(*next(iter(INSERTED.items()))), encoding="utf-8")
    built = shelf.plugin(INSERTED)
    (found,) = told(tmp_path, "--abi", str(changed), str(built), code=0)
    assert (found["status"], found["description"]) == ("matches", str(changed))


def test_files_that_are_no_library(shelf: Shelf, tmp_path: Path) -> None:
    cut = tmp_path / "cut.so"
    cut.write_bytes(shelf.plugin().read_bytes()[:1000])
    empty = tmp_path / "empty.so"
    empty.write_bytes(b"")
    archive = tmp_path / "lib.a"
    archive.write_bytes(b"!<arch>\n")
    assert "an archive of object files" in verify(shelf.folder, str(archive)).stdout
    for each in (cut, empty, tmp_path, tmp_path / "gone.so", "with\0nul", "-", "/dev/zero"):
        done = verify(shelf.folder, str(each))
        assert done.returncode == 2, each
        assert "error[A0801]" in done.stdout
    found = told(shelf.folder, str(cut), str(shelf.plugin()), code=2)
    assert [each["status"] for each in found] == ["unreadable", "matches"]


def test_a_record_that_is_none(shelf: Shelf) -> None:
    more = f'__attribute__((visibility("default"))) int abilock_witness_{shelf.name} = 7;\n'
    built = shelf.plugin(proves=False, more=f"extern int abilock_witness_{shelf.name};\n{more}")
    (found,) = told(shelf.folder, str(built), code=1)
    assert found["status"] == "damaged"
    assert "error[A0802]" in verify(shelf.folder, str(built)).stdout


def test_for_other_programs(shelf: Shelf) -> None:
    built = str(shelf.plugin(INSERTED))
    sarif = json.loads(verify(shelf.folder, "--format", "sarif", built).stdout)
    (result,) = sarif["runs"][0]["results"]
    assert result["ruleId"] == "A0804"
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"].endswith("shop.abi")
    assert "A0804" in verify(shelf.folder, "--format", "markdown", built).stdout
    assert verify(shelf.folder, "--format", "github", built).stdout.startswith("::error file=")


def test_a_description_that_is_wrong(shelf: Shelf, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.abi"
    wrong.write_text("abi wrong 1.0.0;\nstruct A { b: Missing }\n", encoding="utf-8")
    done = verify(shelf.folder, str(shelf.plugin()), "--abi", str(wrong))
    assert done.returncode == 2
    assert "unknown type `Missing`" in done.stdout + done.stderr


LATE = "@since(7.1.0) fn late(self: const) -> i32,\n"
WITHOUT = {LATE: "", ", @since(7.1.0) more: u32": ""}


@pytest.fixture
def numbered(tmp_path: Path, cc: list[str]) -> Shelf:
    """Of an ABI whose plugins tell another number than that of their release: 7.0.0 in release 1.1.0, and
    7.2.0 in release 1.2.3."""
    number = '@version const SDK: str = "7.2.0";\n'
    shelf = Shelf(tmp_path, cc, DESCRIPTION.replace("@since(1.2.2)", "@since(7.1.0)") + number)
    (tmp_path / "pyproject.toml").write_text('[tool.abilock]\nabi = ["shop.abi"]\n')
    text = shelf.description.replace("{NAME}", shelf.name)
    older = text.replace(f"{shelf.name} 1.2.3", f"{shelf.name} 1.1.0").replace("7.2.0", "7.0.0")
    for words in WITHOUT:
        older = older.replace(words, "")
    with contextlib.chdir(tmp_path):
        for version in (older, text):
            Path("shop.abi").write_text(version, encoding="utf-8")
            assert main(["fmt", "shop.abi"]) == 0
            assert main(["release", "shop.abi"]) == 0
    return shelf


def test_what_plugins_tell_may_be_another_number_than_their_release(numbered: Shelf) -> None:
    """`@since` counts in what plugins tell, and so does the rule; the release is what a witness has."""
    same = {"{NAME} 1.2.3": "{NAME} 1.2.3"}
    built = numbered.plugin(same)
    assert told(numbered.folder, str(built), code=0)[0]["status"] == "matches"
    (found,) = told(numbered.folder, str(numbered.plugin(WITHOUT, late=False)), code=1)
    assert [each["element"] for each in found["differences"]] == ["Shop.late", "Board.more"]
    # Both tell 7, and the older one is known to fit without what is newer.
    old = {"{NAME} 1.2.3": "{NAME} 1.1.0", '"7.2.0"': '"7.0.0"', **WITHOUT}
    built = numbered.plugin(old, late=False)
    (found,) = told(numbered.folder, str(built), code=0)
    assert (found["status"], len(found["missing"])) == ("fits", 2)


def test_a_release_that_is_taken_by_its_number(numbered: Shelf) -> None:
    """1.1.0 is not 1.2, but its plugins say 7.2."""
    lock = numbered.folder / f"{numbered.name}.lock"
    lock.unlink()
    frozen = numbered.folder / f"history/{numbered.name}/1.1.0.abi"
    text = (numbered.folder / "shop.abi").read_text(encoding="utf-8")
    frozen.write_text(text.replace(" 1.2.3;", " 1.1.0;"), encoding="utf-8")
    with contextlib.chdir(numbered.folder):
        assert main(["release", str(frozen.relative_to(numbered.folder))]) == 0
    changes = {"{NAME} 1.2.3": "{NAME} 1.1.0"}
    (found,) = told(numbered.folder, str(numbered.plugin(changes)), code=0)
    assert found["status"] == "fits"


def test_a_release_that_nobody_knows_is_judged_by_what_it_proves(numbered: Shelf) -> None:
    changes = {"{NAME} 1.2.3": "{NAME} 3.0.0"}
    (found,) = told(numbered.folder, str(numbered.plugin(changes)), code=0)
    assert found["status"] == "fits"
    (found,) = told(numbered.folder, str(numbered.plugin({**changes, **INSERTED})), code=1)
    assert found["status"] == "differs"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("s390x-unknown-linux-gnu", "it is of s390x-unknown-linux-gnu, and the library is ELF for"),
        ("x86_64-apple-darwin", "it is of x86_64-apple-darwin, and the library is ELF for"),
        ("i686-unknown-linux-gnu", "it is of i686-unknown-linux-gnu, and the library is ELF for"),
    ],
)
def test_a_record_of_another_target_than_its_library(
    shelf: Shelf, tmp_path: Path, target: str, said: str
) -> None:
    data = shelf.plugin().read_bytes()
    start = data.index(b"\0target ") + len(b"\0target ")
    end = data.index(b"\0", start)
    given = target.encode() + b"\0" * max(end - start - len(target), 0)
    built = tmp_path / "other.so"
    # Where the new name is longer, it takes of what comes behind; the record is refused all the same.
    built.write_bytes(data[:start] + given + data[start + len(given) :])
    (found,) = told(shelf.folder, str(built), code=1)
    assert found["status"] == "damaged"
    assert said in verify(shelf.folder, str(built)).stdout
