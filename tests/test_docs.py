"""What the pages in docs/ show is accepted, leads somewhere, and comes out as they say."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from abilock.check.attribute_table import ATTRIBUTES, Kind
from abilock.commands.attribute_examples import EXAMPLES, SHOWN
from abilock.commands.explain import argument_list, example_list, explain
from abilock.config import OUTPUT_NAMES, load_config
from abilock.diagnostics.report import Report
from support.library import codes_of, library_of
from support.rendering import rendered, unformatted

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
#: Its blocks are quotes of one description, see test_ladspa.py.
QUOTES = ROOT / "docs/existing-interface.md"
CI = ROOT / "docs/ci.md"
NAMES = (ROOT / "docs/names.md").read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def descriptions() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        if page == QUOTES:
            continue
        for index, text in enumerate(blocks(page.read_text("utf-8"), "abi")):
            yield f"{page.name}-{index}", text


DESCRIPTIONS = list(descriptions())


@pytest.mark.parametrize(
    "text", [text for _, text in DESCRIPTIONS], ids=[at for at, _ in DESCRIPTIONS]
)
def test_descriptions_are_accepted(text: str) -> None:
    assert codes_of(text) == []
    assert unformatted(library_of(text), *OUTPUT_NAMES)


CONFIGURATIONS = [
    text for page in PAGES if page != CI for text in blocks(page.read_text("utf-8"), "toml")
]


@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_configurations_are_read(text: str, tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    for name in tomllib.loads(text)["tool"]["abilock"]["abi"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    report = Report()
    assert load_config(path, report) is not None, report.diagnostics


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_every_block_says_what_it_is(page: Path) -> None:
    """One without a language would be tested by nobody."""
    fences = re.findall(r"^```(.*)$", page.read_text("utf-8"), re.MULTILINE)
    known = {"abi", "c", "rust", "python", "console", "json", "toml"}
    # What is on the page about CI is tested in e2e/test_ci_docs.py, and that of compilers beside it.
    known |= {"yaml", "toml", "markdown", "text"} if page == CI else set()
    known |= {"text"} if page.name == "compilers.md" else set()
    assert set(fences[::2]) <= known
    assert set(fences[1::2]) <= {""}
    for text in blocks(page.read_text("utf-8"), "json"):
        assert json.loads(text)


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
        target, _, anchor = link.partition("#")
        path = (page.parent / target) if target else page
        assert path.exists(), link
        titles = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE) if anchor else []
        anchors = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
        assert not anchor or anchor in anchors, link


def test_rules_are_explained() -> None:
    """The page of the language and `abilock explain compat` have the same table."""
    told = [line for line in explain("compat").result.splitlines() if line.startswith("| ")]
    assert len(told) == 8
    text = (ROOT / "docs/language.md").read_text("utf-8")
    assert "\n".join(told) in text


def test_outputs_are_all_there() -> None:
    text = (ROOT / "docs/outputs.md").read_text("utf-8")
    assert sorted(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == sorted(OUTPUT_NAMES)


# --- attributes and their arguments


def test_the_language_reference_shows_every_attribute_at_work() -> None:
    text = (ROOT / "docs/language.md").read_text("utf-8")
    assert argument_list() in text
    assert example_list() in text
    assert [name for name in ATTRIBUTES if not any(each.shows(name) for each in EXAMPLES)] == []


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_argument_is_shown_in_an_example(kind: Kind) -> None:
    assert any(SHOWN[kind] in each.text for each in EXAMPLES)
    used = re.match(r"@(\w+)", SHOWN[kind])
    assert used is not None
    assert kind in {argument.kind for argument in ATTRIBUTES[used[1]].arguments}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_every_attribute_is_explained(name: str) -> None:
    told = explain(name)
    assert told.result.startswith(f"# @{name}")
    assert explain(f"@{name}") == explain(f"@{name}(…)") == told
    (example,) = blocks(told.result, "abi")
    assert re.search(rf"@{name}\b", example)
    for argument in ATTRIBUTES[name].arguments:
        assert argument.kind.value in told.result or argument.words


def test_a_code_is_explained_however_it_is_written() -> None:
    told = explain("A0408")
    assert told.result.startswith("# A0408 attribute-conflict")
    assert explain("a0408") == explain("attribute-conflict") == told


def test_what_nobody_knows_is_answered_with_what_it_may_be() -> None:
    (told,) = explain("@lenn").report.diagnostics
    assert told.message.endswith("no attribute '@lenn'")
    assert told.hint is not None
    assert told.hint.startswith("did you mean `len`?")


# --- names


@pytest.fixture(scope="module")
def lamp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, ModuleType]]:
    """Header and module without comments, and the package, of the description in names.md."""
    folder = tmp_path_factory.mktemp("lamp")
    (text,) = blocks(NAMES, "abi")
    pages = rendered(library_of(text), "header", "rust", "cffi")
    for name, page in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    sys.path.insert(0, str(folder / "python"))
    try:
        header = re.sub(r"/\*.*?\*/", "", pages["include/lamp.h"], flags=re.DOTALL)
        module = re.sub(r"//.*", "", pages["rust/lamp.rs"])
        yield header, module, importlib.import_module("lamp")
    finally:
        sys.path.remove(str(folder / "python"))
        for name in [name for name in sys.modules if name.partition(".")[0] == "lamp"]:
            del sys.modules[name]


def rows() -> list[tuple[str, ...]]:
    table = NAMES[NAMES.index("| in the description") : NAMES.index("## The rules")]
    lines = [line.strip("| ") for line in table.splitlines() if line.startswith("| ")][2:]
    return [tuple(cell.strip() for cell in line.split(" | ")) for line in lines]


ROWS = rows()


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_names_come_out_as_the_page_says(
    row: tuple[str, ...], lamp: tuple[str, str, ModuleType]
) -> None:
    header, module, package = lamp
    described, in_c, in_rust, in_python = row
    (text,) = blocks(NAMES, "abi")
    for word in re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", described))):
        assert re.search(rf"\b{word}\b", text), word
    for name in re.findall(r"`([^`]+)`", in_c):
        is_macro = "a macro" in in_c
        pattern = rf"#define {name}\b" if is_macro else rf"(?<!\w){re.escape(name)}(?!\w)"
        assert name == "lamp.h" or re.search(pattern, header), name
    for name in re.findall(r"`([^`]+)`", in_rust):
        owner, _, value = name.rpartition("::")
        assert name == "lamp.rs" or re.search(rf"(?<![\w#]){re.escape(value)}(?!\w)", module), name
        if owner:
            body = re.search(rf"(?:enum|impl) {owner} \{{(.*?)^    \}}", module, re.M | re.S)
            assert body is not None
            assert re.search(rf"\b{value}\b", body[1]), name
    for name in re.findall(r"`(lamp\.[^`]+)`", in_python):
        dotted, _, parameter = name.removesuffix(")").partition("(")
        found = package
        for part in dotted.split(".")[1:]:
            is_field = dataclasses.is_dataclass(found) and part in {
                field.name for field in dataclasses.fields(found)
            }
            found = found if is_field else getattr(found, part)
        assert not parameter or list(inspect.signature(found).parameters) == ["self", parameter]


def test_what_names_are_instead_is_not_there(lamp: tuple[str, str, ModuleType]) -> None:
    header, module, package = lamp
    # The witness has the names of the description.
    header, _, _ = header.partition("LAMP_WITNESS")
    code = re.sub(r"^#.*|LAMP_(?:OFFSET|BEHIND).*", "", header, flags=re.MULTILINE)
    for name in ("class", "FILE", "errno", "Red", "new"):
        assert not re.search(rf"\b{name}\b", code), name
    assert not re.search(r"pub type:", module)
    for name in ("LampSwitchVtable", "LampLogger", "LAMP_MARK", "Str", "lamp_open"):
        assert not hasattr(package, name), name
    assert hasattr(package._bridge.SwitchProxy, "close")
    assert not hasattr(package.Switch, "name_fn")


def test_what_the_page_says_is_refused_is_refused() -> None:
    assert codes_of("abi lamp 1.0.0; const LAMP_EXPORT: u8 = 1;") == ["A0107"]
    assert codes_of("abi lamp 1.0.0; entry fn malloc();") == ["A0106"]
    assert codes_of("abi lamp 1.0.0; struct S { free: u8 }") == []
