"""After writing, `abilock generate` says what changed in the ABI: layouts, signatures, meaning."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from abilock.cli import main
from support.releases import DESCRIPTION, describe, release, start

CONFIG = '[tool.abilock]\nabi = ["abi/shop.abi"]\noutputs = ["header", "report"]\ncompilers = []\n'
BASE = """\
abi shop 1.0.0;

compat major.minor;

struct Key { low: u32, high: u32 }

vtable Shop {
    state: *mut void,
    fn name(self: const) -> *const char @nul @until(drop);
    fn sell(self: mut, key: *const Key, count: i64) -> i32;
    drop fn drop(self: own);
}

entry fn shop_open() -> own *mut Shop?;
"""

Generate = Callable[..., list[str]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    start(tmp_path, monkeypatch)
    (tmp_path / "pyproject.toml").write_text(CONFIG)
    DESCRIPTION.write_text(BASE)
    assert main(["generate"]) == 0
    return tmp_path


@pytest.fixture
def generate(capsys: pytest.CaptureFixture[str]) -> Generate:
    def run(*arguments: str, code: int = 0) -> list[str]:
        capsys.readouterr()
        assert main(["generate", *arguments]) == code
        return capsys.readouterr().err.splitlines()

    return run


def change(*pairs: tuple[str, str]) -> None:
    text = DESCRIPTION.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    DESCRIPTION.write_text(text)


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def commit() -> None:
    if not Path(".git").exists():
        git("init", "--quiet", "--initial-branch", "main")
    git("add", "--all")
    git("commit", "--quiet", "--message", "x")


HEAD_LINE = "shop: 1 change since it was generated, breaking"


# --- what is told


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("count: i64)", "count: i64, at: u32)", "parameter"),
        ("-> i32", "-> u32", "`i32` -> `u32`"),
        ("@until(drop)", "@until(call)", "may be used for a shorter time"),
        ("own *mut Shop?", "own *mut Shop", "null"),
        ("fn sell", "fn buy", "`Shop.buy` had another name"),
    ],
)
@pytest.mark.usefixtures("project")
def test_more_than_layouts_is_told(generate: Generate, old: str, new: str, line: str) -> None:
    change((old, new))
    told = generate()
    assert told[0].startswith("shop: 1 change since it was generated, ")
    assert line in told[1]


@pytest.mark.usefixtures("project")
def test_what_moves_is_told_with_its_cause(generate: Generate) -> None:
    change(("struct Key { low: u32,", "struct Key { first: u64, low: u32,"))
    assert generate() == [
        HEAD_LINE,
        "  breaking C0202: `Key.first` was added before others that were there",
        "    moves 2 members by 8 bytes; `Key` grows from 8 to 16 bytes",
        "    on i686-unknown-linux-gnu: size 8 -> 16, moves 2",
    ]


@pytest.mark.usefixtures("project")
def test_what_changes_on_some_targets_names_them(generate: Generate) -> None:
    change(("high: u32", "high: c_ulong"))
    change(("low: u32", "low: c_ulong"))
    told = "\n".join(generate())
    assert "only on x86_64-unknown-linux-gnu, aarch64-unknown-linux-gnu and" in told
    change(("c_ulong", "u32"))
    assert generate()
    change(("high: u32", "high: c_uint"))
    assert "only on" not in "\n".join(generate())


@pytest.mark.usefixtures("project")
def test_what_changes_on_windows_alone_is_told(generate: Generate) -> None:
    change(("1.0.0;", '1.0.0;\n\ntargets "x86_64-unknown-linux-gnu", "x86_64-pc-windows-msvc";'))
    generate()
    change(("count: i64", "count: c_long"))
    told = generate()
    assert told[0] == HEAD_LINE
    assert "only on x86_64-pc-windows-msvc" in told[1]


@pytest.mark.usefixtures("project")
def test_what_no_side_notices_is_not_told(generate: Generate) -> None:
    change(("vtable Shop", "/// What a plugin implements.\nvtable Shop"))
    assert generate() == []


@pytest.mark.usefixtures("project")
def test_of_many_changes_the_worst_are_told(generate: Generate) -> None:
    slots = "".join(f"    fn slot{at}(self: const) -> u32;\n" for at in range(20))
    change(
        ("    drop fn", f"{slots}    drop fn"), ("entry fn", "const ADDED: u32 = 1;\n\nentry fn")
    )
    told = generate()
    assert told[0] == "shop: 21 changes since it was generated, breaking"
    assert sum(line.startswith("  breaking C") for line in told) == 12
    assert told[-1] == "  and 9 more"


@pytest.mark.usefixtures("project")
def test_only_the_abi_that_changed_is_told(generate: Generate, project: Path) -> None:
    """And what imports it."""
    Path("abi/base.abi").write_text("abi base 1.0.0;\nstruct Inner { a: u32 }\n")
    Path("abi/apart.abi").write_text("abi apart 1.0.0;\nstruct Apart { a: u32 }\n")
    text = BASE.replace("compat", 'import "base.abi";\ncompat').replace("high: u32", "high: Inner")
    DESCRIPTION.write_text(text)
    listed = '["abi/shop.abi", "abi/base.abi", "abi/apart.abi"]'
    (project / "pyproject.toml").write_text(CONFIG.replace('["abi/shop.abi"]', listed))
    generate()
    Path("abi/base.abi").write_text("abi base 1.0.0;\nstruct Inner { a: u64 }\n")
    told = generate()
    assert [line.partition(":")[0] for line in told if not line.startswith(" ")] == ["base", "shop"]
    assert generate() == ["generated is up to date"]


# --- the version


def test_the_version_that_a_release_needs_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generate: Generate
) -> None:
    start(tmp_path, monkeypatch)
    release("1.0.0", "one")
    generate()
    describe("1.0.0", "one", "two")
    assert generate()[0] == f"{HEAD_LINE}; a release of it needs 1.1.0"
    # What counts is the release, and not what was generated before.
    describe("1.0.1", "one", "two", "three")
    assert generate()[0].endswith("breaking; a release of it needs 1.1.0")
    describe("1.1.0", "one", "two")
    assert generate()[0].endswith("; 1.1.0 says enough for a release of it")
    # Undone, it needs none.
    describe("1.0.0", "one")
    assert generate()[0].endswith("since it was generated, breaking")


def test_what_is_agreed_on_needs_no_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generate: Generate
) -> None:
    start(tmp_path, monkeypatch)
    release("1.0.0", "one")
    generate()
    with Path("pyproject.toml").open("a") as config:
        config.write(
            '[[tool.abilock.accept]]\nelement = "Shop.two"\nrule = "slot-inserted"\n'
            'reason = "r"\nuntil = "9.0.0"\n'
        )
    describe("1.0.1", "one", "two")
    assert generate()[0] == f"{HEAD_LINE}; 1.0.1 says enough for a release of it"


# --- what it was before


@pytest.mark.usefixtures("project")
def test_a_diff_tells_the_same_and_remembers_nothing(generate: Generate) -> None:
    change(("-> i32", "-> u32"))
    told = generate("--diff", code=1)
    assert told[0] == HEAD_LINE
    assert generate("--diff", code=1) == told
    assert generate() == told


@pytest.mark.usefixtures("project")
def test_a_fresh_clone_compares_with_its_commit(
    generate: Generate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit()
    clone = tmp_path / "clone"
    git("clone", "--quiet", str(tmp_path), str(clone))
    monkeypatch.chdir(clone)
    change(("-> i32", "-> u32"))
    assert generate()[0] == "shop: 1 change since HEAD, breaking"
    change(("-> u32", "-> i32"))
    assert generate()[0] == HEAD_LINE


@pytest.mark.usefixtures("project")
def test_on_another_branch_it_was_another_one(generate: Generate) -> None:
    commit()
    git("checkout", "--quiet", "-b", "other")
    change(("-> i32", "-> u32"))
    generate()
    commit()
    git("checkout", "--quiet", "main")
    change(("count: i64", "count: u64"))
    told = generate()
    assert told[0] == "shop: 1 change since HEAD, breaking"
    assert "`i64` -> `u64`" in told[1]


@pytest.mark.usefixtures("project")
def test_after_a_merge_it_is_what_our_side_has(generate: Generate) -> None:
    commit()
    git("checkout", "--quiet", "-b", "other")
    change(("low: u32", "low: u64"))
    generate()
    commit()
    git("checkout", "--quiet", "main")
    change(("count: i64", "count: u64"), ("high: u32", "high: u16"))
    generate()
    commit()
    merged = subprocess.run(["git", "merge", "other"], check=False, capture_output=True)
    assert merged.returncode == 1
    DESCRIPTION.write_text(
        BASE.replace("count: i64", "count: u64").replace(
            "low: u32, high: u32", "low: u64, high: u16"
        )
    )
    told = generate()
    assert any(line.startswith("shop: 1 change since HEAD, breaking") for line in told)
    assert any("`u32` -> `u64`" in line for line in told)
    assert not any("`i64` -> `u64`" in line for line in told)


@pytest.mark.usefixtures("project")
def test_where_nothing_is_known_nothing_is_told(generate: Generate) -> None:
    """Neither a cache nor git; and an ABI that is new."""
    shutil.rmtree(".abilock-cache")
    change(("-> i32", "-> u32"))
    assert generate() == []
    commit()
    change(("abi shop", "abi mall"))
    assert generate() == []


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "[]", "{}", '{"abi/shop.abi": 1}', "\\udcff", "[" * 9999])
@pytest.mark.usefixtures("project")
def test_a_damaged_cache_is_none(generate: Generate, text: str) -> None:
    Path(".abilock-cache/described.json").write_text(text)
    change(("-> i32", "-> u32"))
    assert generate() == []
    change(("-> u32", "-> i32"))
    assert generate()[0] == HEAD_LINE
