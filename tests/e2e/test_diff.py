"""``abilock diff`` as scripts see it: exit codes, formats, revisions, and the compatible form."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from abilock.cli import main

OLD = """\
abi shop 0.8.0;
compat major.minor;

/// A table.
vtable Till {
    state: *mut void,
    // the first
    fn open_fn(self: const); // of all
    fn sell_fn(self: mut, count: u32) -> u32;
    fn gone_fn(self: mut);
}

enum Mode { Open, Shut }
struct Box { till: *const Till, mode: Mode }
entry fn shop_open() -> *const Box;
"""

NEW = """\
abi shop 0.8.1;
compat major.minor;

/// A table.
vtable Till {
    state: *mut void,
    /// It is new.
    fn count_fn(self: const) -> u32;
    // the first
    fn open_fn(self: const); // of all
    fn sell_fn(self: mut, count: u32, price: u64) -> u32;
}

enum Mode { Half, Open, Shut }
struct Crate { till: *const Till, mode: Mode }
entry fn shop_open() -> *const Crate;
entry fn shop_more();
"""

FIXED = """\
abi shop 0.8.1;

compat major.minor;

/// A table.
vtable Till {
    state: *mut void,
    // the first
    fn open_fn(self: const); // of all
    fn sell_fn(self: mut, count: u32) -> u32;
    @deprecated(0.8.1) fn gone_fn(self: mut);
    /// It is new.
    @since(0.8.1) fn count_fn(self: const) -> u32;
    @since(0.8.1) fn sell2_fn(self: mut, count: u32, price: u64) -> u32;
}

enum Mode {
    Open = 0,
    Shut = 1,
    Half = 2,
}

struct Crate { till: *const Till, mode: Mode }

entry fn shop_open() -> *const Crate;

@since(0.8.1)
entry fn shop_more();

type Box = Crate;
"""


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "old.abi").write_text(OLD)
    (tmp_path / "new.abi").write_text(NEW)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["diff", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_nothing_to_report(both: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "old.abi", "old.abi")
    assert code == 0
    assert "No change that matters." in out


def test_findings_for_people(both: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "old.abi", "new.abi")
    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith("nothing in shop tells the version of a plugin (`@version`): ")
    assert (
        "breaking C0102  `Till.count_fn` was added before others that were there  (new.abi:8)"
        in out
    )
    assert "moves 2 slots by 8 bytes: open_fn 8 -> 16, sell_fn 16 -> 24" in out
    assert "reached through `shop_open` > `Crate.till`" in out
    assert "old plugin, new host: calls the wrong function" in out
    assert "old plugin, new host: a loader accepts it, and should not" in out
    assert out.endswith("  version 0.8.1 does not say so: 0.9.0 is needed\n")


def test_a_broken_side_is_told(both: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "old.abi", "missing.abi")
    assert (code, out) == (2, "")
    assert "missing.abi" in err


def test_one_side_is_standard_input(both: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "-", "-")
    assert code == 2
    assert "only one side" in err


def test_findings_for_scripts(both: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "old.abi", "new.abi", "--format", "json")
    data = json.loads(out)
    assert code == 1
    assert data["verdict"] == "breaking"
    assert (data["declared"], data["required"]) == ("0.8.1", "0.9.0")
    assert data["loader"] == {"accepts": True, "should": False}
    found = {each["subject"]: each for each in data["findings"]}
    slot = found["Till.count_fn"]
    assert (slot["code"], slot["level"], slot["targets"]) == ("C0102", "breaking", "all")
    assert slot["old"] is None
    place = {key: slot["new"][key] for key in ("file", "line", "column")}
    assert place == {"file": "new.abi", "line": 8, "column": 8}
    assert slot["consequence"] == {
        "old_plugin_new_host": "calls the wrong function",
        "new_plugin_old_host": "calls the wrong function",
        "source": {
            "old_plugin_new_host": "calls or follows a null pointer",
            "new_plugin_old_host": "fine",
        },
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("markdown", "C0102"),
        ("github", "::error file=new.abi,line=8"),
        ("sarif", '"ruleId": "C0102"'),
    ],
)
def test_findings_for_other_programs(
    name: str, expected: str, both: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "old.abi", "new.abi", "--format", name)
    assert code == 1
    assert expected in out


def test_revisions_are_compared(both: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def git(*arguments: str) -> None:
        names = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *names, *arguments], check=True, capture_output=True)

    git("init")
    git("add", "old.abi")
    git("commit", "-m", "first")
    (both / "old.abi").write_text(OLD.replace("0.8.0", "0.8.1"))
    code, out, _ = run(capsys, "HEAD:old.abi", "old.abi")
    assert code == 0
    assert "shop 0.8.0 -> 0.8.1" in out


def test_a_path_of_a_revision_is_one_from_here_or_from_the_top(
    both: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def git(*arguments: str) -> None:
        names = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *names, *arguments], check=True, capture_output=True)

    folder = both / "mine" / "abi"
    folder.mkdir(parents=True)
    (folder / "base.abi").write_text("abi base 1.0.0; struct Base { a: u8 }")
    text = 'abi shop {}; import "base.abi"; entry fn shop_base() -> *const Base?;'
    (folder / "shop.abi").write_text(text.format("0.8.0"))
    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    (folder / "shop.abi").write_text(text.format("0.8.1"))
    for here, name, present in (
        (both, "mine/abi/shop.abi", "mine/abi/shop.abi"),
        (both / "mine", "abi/shop.abi", "abi/shop.abi"),
        (both / "mine", "mine/abi/shop.abi", "abi/shop.abi"),
        (folder, "mine/abi/shop.abi", "shop.abi"),
    ):
        monkeypatch.chdir(here)
        code, out, _ = run(capsys, f"HEAD:{name}", present)
        assert code == 0
        assert "shop 0.8.0 -> 0.8.1" in out
    code, _, err = run(capsys, "HEAD:none/shop.abi", "shop.abi")
    assert code == 2
    assert "path 'none/shop.abi' does not exist in 'HEAD'" in err


@pytest.mark.parametrize("sides", [("old.json", "new.json"), ("old.abi", "new.json")])
def test_layouts_are_compared(
    sides: tuple[str, str], both: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("old", "new"):
        target = "x86_64-unknown-linux-gnu"
        assert main(["layout", f"{name}.abi", "--target", target, "--format", "json"]) == 0
        (both / f"{name}.json").write_text(capsys.readouterr().out)
    code, out, err = run(capsys, *sides)
    assert code == 1
    assert err.startswith("layouts tell places and sizes: ")
    assert "shop 0.8.0 -> 0.8.1, as laid out on x86_64-unknown-linux-gnu" in out
    assert "breaking C0102  `Till.count_fn` was added before others that were there" in out
    assert "moves 2 members: open_fn 8 -> 16, sell_fn 16 -> 24" in out
    assert "breaking C0811  `Mode.Open` has another number: 0 -> 1" in out


def test_a_layout_beside_a_description_is_judged_by_its_rule(
    both: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "abi till VERSION; compat semver; struct T { a: u32 MORE } entry fn t() -> *const T;"
    (both / "old.abi").write_text(text.replace("VERSION", "1.0.0").replace("MORE", ""))
    (both / "new.abi").write_text(text.replace("VERSION", "1.1.0").replace("MORE", ", b: u32"))
    assert (
        main(["layout", "old.abi", "--target", "x86_64-unknown-linux-gnu", "--format", "json"]) == 0
    )
    (both / "old.json").write_text(capsys.readouterr().out)
    _, out, _ = run(capsys, "old.json", "new.abi")
    assert "version 1.1.0 does not say so: 2.0.0 is needed" in out


def test_what_is_no_layout_is_told(both: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (both / "odd.json").write_text("[1]")
    assert run(capsys, "odd.json", "new.abi")[0] == 2
    assert run(capsys, "odd.json", "new.abi", "--fix")[0] == 2


def test_the_compatible_form(both: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "old.abi", "new.abi", "--fix")
    assert (code, out) == (1, FIXED)
    # An enum that is closed takes no more values, whatever their numbers are.
    assert err.startswith(
        "C0806 has no compatible form: `Mode.Half` was added to an enum that is closed; "
    )


def test_what_is_compatible_stays_as_it_is(both: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (both / "fixed.abi").write_text(FIXED)
    assert run(capsys, "fixed.abi", "fixed.abi", "--fix") == (0, FIXED, "")


SHAPED = """\
abi shop 1.0.0;

/// What all have.
vtable convention shape {
    state: *mut void,
    ...
    /// Ends it.
    drop fn drop_fn(self: own),
}

vtable Till: shape {
    fn sell_fn(self: mut, count: u32) -> u32;
}

vtable Drawer: shape { fn open_fn(self: mut); }

entry fn shop_till() -> own *mut Till;

entry fn shop_drawer() -> own *mut Drawer;
"""


def test_the_compatible_form_of_what_a_convention_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Behind the last member of a convention stands nothing, unless a vtable has all of it by itself."""
    monkeypatch.chdir(tmp_path)
    Path("old.abi").write_text(SHAPED)
    Path("new.abi").write_text(
        SHAPED.replace("u32;\n}", "u32;\n    fn count_fn(self: const) -> u32;\n}")
    )
    code, _, _ = run(capsys, "old.abi", "new.abi")
    assert code == 1
    code, out, err = run(capsys, "old.abi", "new.abi", "--fix")
    assert (code, err) == (0, "")
    assert "vtable Drawer: shape {\n    fn open_fn(self: mut);\n}" in out
    assert (
        "vtable Till {\n"
        "    state: *mut void,\n"
        "    fn sell_fn(self: mut, count: u32) -> u32;\n"
        "    /// Ends it.\n"
        "    drop fn drop_fn(self: own);\n"
        "    @since(1.0.1) fn count_fn(self: const) -> u32;\n"
        "}\n"
    ) in out


def test_the_compatible_form_of_a_convention(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old.abi").write_text(SHAPED)
    Path("new.abi").write_text(SHAPED.replace("    ...\n", "    ...\n    fn ping_fn(self: mut),\n"))
    code, out, err = run(capsys, "old.abi", "new.abi", "--fix")
    assert (code, err) == (0, "")
    assert out.count("@since(1.0.1) fn ping_fn(self: mut);\n}") == 2
    assert "    ...\n    /// Ends it.\n" in out
    assert "vtable Till {" in out
    assert "vtable Drawer {" in out


RELEASED = """\
abi shop 1.0.0;

const CAP: u32 = 4;

type Handle = u32;

enum Mode: u8 { A, B }

@align(8)
struct Box { mode: Mode, handle: Handle, cap: [u8; CAP], u: *const U }

struct U { a: u32 }

entry fn shop_box() -> *const Box;

entry static shop_count: u32;
"""


def test_the_compatible_form_of_whole_declarations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a declaration says of itself is restored; what takes its name gets another one."""
    monkeypatch.chdir(tmp_path)
    new = RELEASED
    for before, after in (
        ("CAP: u32 = 4", "CAP: u32 = 8"),
        ("Handle = u32", "Handle = u64"),
        ("Mode: u8 { A, B }", "Mode: u16 { B, A }"),
        ("@align(8)", "@packed"),
        ("struct U", "union U"),
        ("count: u32", "count: u64"),
    ):
        assert before in new
        new = new.replace(before, after)
    Path("old.abi").write_text(RELEASED)
    Path("new.abi").write_text(new)
    code, out, err = run(capsys, "old.abi", "new.abi", "--fix")
    assert (code, err) == (0, "")
    for each in (
        "const CAP: u32 = 4;",
        "const CAP2: u32 = 8;",
        "type Handle = u32;",
        "type Handle2 = u64;",
        "enum Mode: u8 {\n    A = 0,\n    B = 1,\n}",
        "@align(8)\nstruct Box {",
        "struct U { a: u32 }",
        "union U2 { a: u32 }",
        "entry static shop_count: u32;",
        "@since(1.0.1)\nentry static shop_count2: u64;",
    ):
        assert each in out


def test_a_rule_with_something_to_compare_needs_no_remark(
    both: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = "\n@version entry fn shop_version() -> *const char @nul @until(library);\n"
    for name, text in (("old", OLD), ("new", NEW)):
        Path(f"{name}.abi").write_text(text + told)
    code, _, err = run(capsys, "old.abi", "new.abi")
    assert (code, err) == (1, "")


def test_the_compatible_form_has_the_newest_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where something was put before an addition of a version that nobody released."""
    monkeypatch.chdir(tmp_path)
    text = "abi shop {}; vtable Till {{ state: *mut void, {} }} entry fn shop() -> *const Till;"
    released = "fn a(self: const); @since(1.1.0) fn b(self: const);"
    added = "@since(1.3.0) fn n(self: const); {} @since(1.2.5) fn c(self: const);"
    Path("old.abi").write_text(text.format("1.2.0", released))
    Path("new.abi").write_text(text.format("1.3.0", added.format(released)))
    code, out, err = run(capsys, "old.abi", "new.abi", "--fix")
    assert (code, err) == (0, "")
    assert (
        "    fn a(self: const);\n"
        "    @since(1.1.0) fn b(self: const);\n"
        "    @since(1.2.5) fn c(self: const);\n"
        "    @since(1.3.0) fn n(self: const);\n"
    ) in out


@pytest.mark.parametrize(
    "said",
    [
        '@deprecated(1.1.0, "no")',
        '@since(1.0.5) @deprecated(1.1.0, "no")',
        '@deprecated(1.1.0, "no") @since(1.0.5)',
    ],
)
def test_what_takes_the_place_of_something_discouraged_is_not(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would be so before it is there."""
    monkeypatch.chdir(tmp_path)
    text = (
        "abi shop {}; vtable Till {{ state: *mut void, {} fn sell(self: mut, n: {}); }}"
        " entry fn shop() -> *const Till; {} entry fn go(n: {});"
    )
    Path("old.abi").write_text(text.format("1.2.0", said, "u32", said, "u32"))
    Path("new.abi").write_text(text.format("1.3.0", said, "u64", said, "u64"))
    code, out, err = run(capsys, "old.abi", "new.abi", "--fix")
    assert (code, err) == (0, "")
    assert f"{said} fn sell(self: mut, n: u32);\n" in out
    assert "    @since(1.3.0) fn sell2(self: mut, n: u64);\n" in out
    assert "\n\n@since(1.3.0)\nentry fn go2(n: u64);\n" in out


def test_the_compatible_form_has_the_allocators_that_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "abi shop {}; allocator {} = {}; entry fn name() -> own *mut char? @nul @owned({});"
    Path("old.abi").write_text(text.format("1.0.0", "h", "malloc/free", "h"))
    Path("new.abi").write_text(text.format("1.0.1", "k", "process_heap", "k"))
    code, out, err = run(capsys, "old.abi", "new.abi", "--fix")
    assert (code, err) == (0, "")
    assert "allocator h = malloc/free;" in out
    assert "@since(1.0.1)\nentry fn name2() -> own *mut char? @nul @owned(k);" in out


def test_why_there_is_no_compatible_form_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "abi shop 1.0.0; vtable Host {{ state: *mut void, {}}} entry fn shop(h: *const Host);"
    Path("old.abi").write_text(text.format(""))
    Path("new.abi").write_text(text.format("fn more(self: mut); "))
    code, _, err = run(capsys, "old.abi", "new.abi", "--fix")
    assert code == 1
    assert err.startswith(
        "C0101 has no compatible form: `Host.more` was added at the end; plugins cannot"
    )
