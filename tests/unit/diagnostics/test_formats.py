"""What other programs take for syntax stays text, and what they ask for is there."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from abilock.arguments import FINDINGS
from abilock.descriptions import in_repository, repository_name
from abilock.diagnostics import catalog
from abilock.diagnostics.catalog import Code, Severity
from abilock.diagnostics.changed import Changed, Level, Mixes
from abilock.diagnostics.formats.findings import Findings
from abilock.diagnostics.formats.fingerprints import fingerprints
from abilock.diagnostics.formats.registry import FORMATS
from abilock.diagnostics.gates import EVERY_GATE, Gate, gate_of
from abilock.diagnostics.render import render_text
from abilock.diagnostics.report import Diagnostic, Note, Report
from abilock.source import SourceFile, Span

SCHEMA = Path(__file__).parents[2] / "support" / "schemas" / "sarif-2.1.0.json"
INSERTED = Code("C0102", "slot-inserted", Severity.ERROR, "a slot was added before others")
GITLAB_SEVERITIES = {"info", "minor", "major", "critical", "blocker"}
TEXT = "abi shop 1.0.0;\nvtable Shop {\n    fn opens(self: const) -> u32;\n    fn sell();\n}\n"
#: Everything at once that some format takes for its own.
HOSTILE = (
    "\x00\x1b[31m\r\n::error::x ]]></failure><script>alert(1)</script>&amp; | a | `x|y` `x\\|y` ``` "
    "{0} {1} [a](http://evil) ![i](u) @maintainer #1 \u202egnp \ud800 %0A %25 \u2028 --> <!-- "
    "</details> \ufffe"
)


def report(message: str, subject: str | None = "x") -> Report:
    made = Report()
    made.include(Diagnostic(catalog.OUTPUT_STALE, message, None, "two\nlines", subject=subject))
    return made


def written(name: str, told: Report | Findings) -> str:
    return FORMATS[name](told if isinstance(told, Findings) else Findings(told))


def change(text: str = TEXT, level: Level = Level.BREAKING, **fields: object) -> Report:
    """A slot that was inserted, with all that can be said of it."""
    made = Report()
    for file in ("abi/shop.abi", "abi/history/shop/1.0.0.abi"):
        made.add_source(SourceFile(file, text))
    at = text.index("opens")
    span = Span("abi/shop.abi", at, at + 5)
    changed = Changed(
        level,
        "Shop.opens",
        old=Span("abi/history/shop/1.0.0.abi", at, at + 5),
        new=span,
        targets=("i686-pc-windows-msvc",),
        binary=Mixes("calls the wrong function", "fine"),
        source=Mixes("fine", "does not compile until it is changed"),
        abi="shop",
    )
    notes = (Note("moves 5 slots behind it", None, tuple(f"slot{n} 8 -> 16" for n in range(5))),)
    found = Diagnostic(INSERTED, "`opens` was put before `sell`", span, "append it", notes)
    made.include(replace(found, changed=replace(changed, **fields)))
    return made


def hostile() -> Report:
    made = change()
    (found,) = made.diagnostics
    assert found.changed is not None
    name = f"abi/{HOSTILE}.abi"
    made.add_source(SourceFile(name, f"{HOSTILE}\n"))
    made.include(
        Diagnostic(
            catalog.UNKNOWN_NAME,
            HOSTILE,
            Span(name, 3, 9),
            HOSTILE,
            (Note(HOSTILE, Span(name, 0, 2), (HOSTILE,)),),
            changed=replace(found.changed, element=HOSTILE, targets=(HOSTILE,)),
        )
    )
    made.include(Diagnostic(catalog.OUTPUT_STALE, HOSTILE, None, HOSTILE, subject=HOSTILE))
    made.include(Diagnostic(catalog.SYNTAX, "x" * 1_000_000, None))
    return made


def test_the_command_line_offers_every_format() -> None:
    assert tuple(FORMATS) == FINDINGS


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_findings_are_the_same_bytes(name: str) -> None:
    told = hostile()
    turned = Report(told.diagnostics[::-1], told.sources)
    assert written(name, told) == written(name, turned)
    written(name, told).encode("utf-8")


@pytest.mark.parametrize("name", FORMATS)
def test_there_is_always_something_to_read(name: str) -> None:
    assert (written(name, Report()) == "") == (name == "github")


# --- text


def test_text_tells_of_a_change() -> None:
    lines = render_text(change()).splitlines()
    assert lines[0] == "breaking[C0102]: `opens` was put before `sell`"
    start = lines.index("  = old plugin, new host: calls the wrong function")
    assert lines[start:] == [
        "  = old plugin, new host: calls the wrong function",
        "  = new plugin, old host: fine",
        "  = old plugin, new host, compiled anew: fine",
        "  = new plugin, old host, compiled anew: does not compile until it is changed",
        "  = on i686-pc-windows-msvc",
        "  = note: moves 5 slots behind it",
        "      slot0 8 -> 16",
        "      slot1 8 -> 16",
        "      slot2 8 -> 16",
        "      and 2 more",
        "  = hint: append it",
    ]


def test_what_a_version_says_is_no_error() -> None:
    assert change().failed
    covered = change(severity=Severity.NOTE)
    assert not covered.failed
    assert render_text(covered).startswith("breaking[C0102]")
    assert not change(level=Level.APPEND_ONLY).failed


# --- JSON


def test_json_tells_of_a_change() -> None:
    (found,) = json.loads(written("json", change()))["findings"]
    assert found["level"] == "breaking"
    assert found["subject"] == "Shop.opens"
    assert found["targets"] == ["i686-pc-windows-msvc"]
    assert found["old"]["file"] == "abi/history/shop/1.0.0.abi"
    assert found["new"] == found["place"]
    assert found["consequence"] == {
        "old_plugin_new_host": "calls the wrong function",
        "new_plugin_old_host": "fine",
        "source": {
            "old_plugin_new_host": "fine",
            "new_plugin_old_host": "does not compile until it is changed",
        },
    }
    assert len(found["notes"][0]["details"]) == 5


def test_every_finding_has_one_shape_in_json() -> None:
    first, *others = json.loads(written("json", hostile()))["findings"]
    assert all(set(other) == set(first) for other in others)


# --- GitHub


def test_workflow_commands_are_escaped() -> None:
    text = written("github", report("50%::set-output name=x::y", "a,b:c.h"))
    assert text == (
        "::error file=a%2Cb%3Ac.h,title=abilock A0908 output-stale::"
        "50%25::set-output name=x::y%0Ahint: two\N{REPLACEMENT CHARACTER}lines\n"
    )


def test_workflow_commands_are_one_line_each_and_the_worst_come_first() -> None:
    told = hostile()
    told.include(Diagnostic(catalog.NO_EFFECT, "before all others", Span("a", 0, 1)))
    lines = written("github", told).split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(told.diagnostics)
    assert all(re.match(r"::(error|warning|notice) [^:\r\n]*::[^\r\n]", line) for line in lines)
    assert lines[-1].startswith("::warning ")
    assert max(map(len, lines)) < 20_000


# --- for people, who see the first few of many


@pytest.mark.parametrize("name", ["github", "markdown"])
def test_stale_files_stand_once_and_behind_what_made_them_stale(name: str) -> None:
    told = change(text=TEXT.replace("shop", "zoo"))
    for number in range(30):
        file = f"generated/shop/{number:02}.h"
        told.include(
            Diagnostic(
                catalog.OUTPUT_STALE,
                f"{file} is old",
                None,
                "generate",
                subject=file,
                group="generated/shop",
            )
        )
    text = written(name, told)
    assert text.index("was put before") < text.index("each of 30 files in generated/shop is old")
    assert text.count("is old") == (1 if name == "github" else 2)
    assert "generated/shop/00.h and 29 more" in text
    # Who reads all of them still does.
    assert written("gitlab", told).count("is old") == 30
    assert written("sarif", told).count('"ruleId": "A0908"') == 30


# --- Markdown


def test_markdown_shows_what_was_written() -> None:
    text = written("markdown", report("<b>`a_*`_c*"))
    assert r"\<b\>`a_*`\_c\*" in text


def test_markdown_is_a_table_and_a_fold() -> None:
    text = written("markdown", change())
    head, fold = text.split("<details><summary>What follows, and what to do</summary>\n\n")
    assert head == (
        "<!-- abilock -->\n### abilock: 1 error\n\n| | where | what |\n| --- | --- | --- |\n"
        "| **breaking** C0102 | `abi/shop.abi:3:8` |"
        " `Shop.opens`: `opens` was put before `sell` |\n\n"
    )
    assert "- old plugin, new host: calls the wrong function\n" in fold
    assert "- <details><summary>moves 5 slots behind it</summary>\n\n  - slot0 8 " in fold
    assert "- **to do:** append it\n" in fold
    assert "`abilock explain C0102`" in fold
    assert fold.endswith("</details>\n")


def test_markdown_shows_the_worst_first() -> None:
    told = change(level=Level.COMPATIBLE, element="Shop.a")
    (mild,) = told.diagnostics
    assert mild.changed is not None
    harm = replace(mild.changed, level=Level.BREAKING, element="Shop.b")
    told.include(replace(mild, changed=harm, span=Span("abi/shop.abi", 40, 41)))
    text = written("markdown", told)
    assert text.index("**breaking**") < text.index("**compatible**")


def test_markdown_says_what_version_it_takes() -> None:
    data = {"verdict": "breaking", "declared": "0.8.1", "required": "0.9.0"}
    text = written("markdown", Findings(change(), data=data))
    assert "**breaking**. The description says `0.8.1`; the smallest honest version is" in text
    assert "**`0.9.0`**" in text
    data["declared"] = "0.9.0"
    assert "`0.9.0`, which is enough." in written("markdown", Findings(change(), data=data))


def test_markdown_mentions_nobody_and_breaks_no_table() -> None:
    text = written("markdown", hostile())
    outside = re.sub(r"`[^`\n]+`", "", text)
    assert not re.search(r"[@#]\w", outside)
    assert not re.search(r"(?<!\\)<(?!/?details|/?summary|!-- abilock|!-- -->)", outside)
    assert "http://" not in outside
    assert outside.count("<details>") == outside.count("</details>")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 4
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4}


def test_markdown_fits_into_a_comment() -> None:
    told = Report()
    for number in range(3000):
        told.include(Diagnostic(catalog.SYNTAX, f"{number} of *many* {'x' * 150}", None))
    text = written("markdown", told)
    assert len(text) < 65_000
    assert re.search(r"\| … \| \| \d{4} more \|", text)
    assert re.search(r"`abilock check`: \d{4} more", text)


# --- SARIF


def sarif(told: Report | Findings) -> dict[str, object]:
    log = json.loads(written("sarif", told))
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(log)
    (run,) = log["runs"]
    return run


@pytest.mark.parametrize("told", [Report(), report("m"), report("m", None), change(), hostile()])
def test_sarif_is_what_the_standard_says(told: Report) -> None:
    run = sarif(told)
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == len(told.diagnostics)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert not re.search(r"\]\(|(?<!\{)\{\d+\}", result["message"]["text"])


def test_every_rule_has_a_page_in_sarif() -> None:
    told = Report()
    for code in catalog.all_codes():
        told.add(code, None, "m")
    for rule in sarif(told)["tool"]["driver"]["rules"]:
        assert rule["help"]["markdown"].startswith(f"# {rule['id']} {rule['name']}\n")
        assert rule["fullDescription"]["text"]
        assert not rule["fullDescription"]["text"].startswith("#")


def test_sarif_tells_of_a_change() -> None:
    (result,) = sarif(change())["results"]
    (location,) = result["locations"]
    assert location["logicalLocations"] == [{"fullyQualifiedName": "Shop.opens", "kind": "member"}]
    assert location["physicalLocation"]["region"]["startLine"] == 3
    (old,) = result["relatedLocations"]
    assert old["physicalLocation"]["artifactLocation"]["uri"] == "abi/history/shop/1.0.0.abi"
    assert result["properties"]["level"] == "breaking"


def test_names_are_addresses_in_sarif() -> None:
    assert '"uri": "a%20b%3Ac%23.h"' in written("sarif", report("m", "a b:c#.h"))


def test_what_is_in_no_repository_is_named_absolutely() -> None:
    found = json.loads(written("sarif", report("m", "/a b/x.abi")))["runs"][0]["results"][0]
    place = found["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "file:///a%20b/x.abi"}
    assert '"uri": "file:///C:/x.abi"' in written("sarif", report("m", "C:/x.abi"))


def test_names_count_from_the_top_of_the_repository(tmp_path: Path) -> None:
    inner = tmp_path / "sdk"
    inner.mkdir()
    assert repository_name(inner, "abi/x.abi") == "abi/x.abi"
    (tmp_path / ".git").touch()
    assert repository_name(inner, "abi/x.abi") == "sdk/abi/x.abi"
    assert repository_name(inner, "../y.abi") == "y.abi"
    assert repository_name(inner, "../../y.abi") == (tmp_path.parent / "y.abi").as_posix()


def test_what_is_of_a_revision_is_named_as_the_file(tmp_path: Path) -> None:
    (tmp_path / ".git").touch()
    assert in_repository(tmp_path, "HEAD~1:abi/x.abi") == "abi/x.abi"
    assert in_repository(tmp_path, "abi/x.abi") == "abi/x.abi"


# --- fingerprints


def plain(text: str, *marked: str) -> Findings:
    """The same message at each place where one of these texts stands first."""
    made = Report()
    made.add_source(SourceFile("abi/shop.abi", text))
    for part in marked:
        at = text.index(part)
        made.add(catalog.UNKNOWN_NAME, Span("abi/shop.abi", at, at + len(part)), f"at {at}")
    return Findings(made)


def test_fingerprints_survive_shifted_lines_and_other_counts() -> None:
    moved = f"// a line more\n\n{TEXT}".replace("    fn", "\tfn")
    assert fingerprints(plain(TEXT, "u32")) == fingerprints(plain(moved, "u32"))
    assert fingerprints(Findings(change())) == fingerprints(Findings(change(moved)))
    (found,) = change().diagnostics
    other = Report([replace(found, message="`opens` was put before 7 slots")])
    assert fingerprints(Findings(change())) == fingerprints(Findings(other))


def test_fingerprints_tell_findings_apart() -> None:
    twice = "struct A { a: u33, b: u33 }\nstruct B { c: u33 }\n"
    made = plain(twice, "a: u33", "b: u33", "u33 }\ns", "c: u33")
    made.report.add(catalog.NOT_A_TYPE, Span("abi/shop.abi", 11, 17), "another code")
    made.report.include(change().diagnostics[0])
    made.report.include(change(element="Shop.closes").diagnostics[0])
    made.report.include(change(abi="other").diagnostics[0])
    made.report.add(catalog.SYNTAX, None, "no place")
    made.report.add(catalog.SYNTAX, None, "no place either")
    told = fingerprints(made)
    assert len(set(told)) == len(told) == 10
    # Each by itself, too: none is told apart only by how many there were before it.
    alone = [Findings(Report([each], made.report.sources)) for each in made.sorted()]
    assert [mark for each in alone for mark in fingerprints(each)] == told


def test_equal_findings_are_counted() -> None:
    made = plain(TEXT, "u32")
    made.report.add(catalog.UNKNOWN_NAME, made.report.diagnostics[0].span, "the same place again")
    first, second = fingerprints(made)
    assert first != second


# --- GitLab


def test_gitlab() -> None:
    told = hostile()
    issues = json.loads(written("gitlab", told))
    assert len({issue["fingerprint"] for issue in issues}) == len(told.diagnostics)
    assert [issue["fingerprint"] for issue in issues] == fingerprints(Findings(told))
    for issue in issues:
        assert issue["severity"] in GITLAB_SEVERITIES
        assert issue["description"]
        assert issue["check_name"]
        assert issue["location"]["path"]
        assert issue["location"]["lines"]["begin"] >= 1
        assert issue["description"].isprintable()
    assert json.loads(written("gitlab", Report())) == []
    (issue,) = json.loads(written("gitlab", change()))
    assert issue["location"] == {"path": "abi/shop.abi", "lines": {"begin": 3, "end": 3}}
    assert issue["severity"] == "critical"


# --- JUnit


def junit(told: Report | Findings) -> ElementTree.Element:
    """The report, whose totals are those of what is in it."""
    root = ElementTree.fromstring(written("junit", told))
    for element in (root, *root.iter("testsuite")):
        cases = list(element.iter("testcase"))
        assert int(element.get("tests", "")) == len(cases)
        for total, tag in (("failures", "failure"), ("skipped", "skipped")):
            assert int(element.get(total, "")) == sum(case.find(tag) is not None for case in cases)
    return root


def cases(root: ElementTree.Element) -> dict[tuple[str, str], str]:
    """What became of each gate of each suite."""
    return {
        (case.get("classname", ""), case.get("name", "")): next(
            (child.tag for child in case), "passed"
        )
        for case in root.iter("testcase")
    }


def test_junit_is_xml_whatever_is_in_it() -> None:
    root = junit(hostile())
    told = "".join(root.itertext())
    assert "]]></failure><script>" in told
    assert "\x1b" not in told


def test_junit_has_a_case_for_every_gate_of_every_description() -> None:
    checked = ("abi/bmux.abi", "abi/shop.abi")
    told = report("m", "generated/bmux/x.h")
    told.diagnostics[0] = replace(told.diagnostics[0], about="abi/bmux.abi")
    told.include(change().diagnostics[0])
    told.include(Diagnostic(catalog.SINCE_UNTOLD, "m", Span("abi/shop.abi", 0, 1)))
    told.include(Diagnostic(catalog.CONFIG_INVALID, "m", None))
    assert cases(junit(Findings(told, checked=checked))) == {
        ("abi/bmux.abi", "description"): "passed",
        ("abi/bmux.abi", "bindings"): "passed",
        ("abi/bmux.abi", "generated files"): "failure",
        ("abi/shop.abi", "description"): "passed",
        ("abi/shop.abi", "bindings"): "system-out",
        ("abi/shop.abi", "generated files"): "passed",
        ("abi/shop.abi", "changes"): "failure",
        ("project", "configuration"): "failure",
    }


def test_junit_has_the_gates_of_the_project_too() -> None:
    found = Findings(Report(), checked=("abi/shop.abi",), gates=EVERY_GATE)
    assert list(cases(junit(found)).items()) == [
        *(
            (("abi/shop.abi", name), "passed")
            for name in (
                *("description", "bindings", "generated files"),
                *("compilers", "releases", "changes"),
            )
        ),
        (("project", "configuration"), "passed"),
        (("project", "exceptions"), "passed"),
    ]


def test_what_a_run_did_not_get_to_is_no_success_in_junit() -> None:
    told = Report()
    told.include(Diagnostic(catalog.SYNTAX, "m", Span("abi/shop.abi", 0, 1)))
    found = Findings(told, checked=("abi/shop.abi",), is_complete=False)
    assert list(cases(junit(found)).values()) == ["failure", "skipped", "skipped"]


def test_failures_have_all_of_the_text_in_junit() -> None:
    told = change()
    told.include(change(element="Shop.closes").diagnostics[0])
    failure = junit(told).find(".//failure")
    assert failure is not None
    assert failure.get("message") == "2 errors; the first: `opens` was put before `sell`"
    assert (failure.text or "").count("breaking[C0102]") == 2


def test_every_code_has_a_gate() -> None:
    gates = {code.number: gate_of(code) for code in catalog.all_codes()}
    assert gates["A0201"] is Gate.DESCRIPTION
    assert gates["A0902"] is Gate.CONFIGURATION
    assert gates["A0908"] is Gate.GENERATED
    assert gate_of(INSERTED) is Gate.CHANGES
