"""Markdown for the comment on a pull request: a table to skim, and behind it what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from abilock.diagnostics.formats.findings import Findings, counted
from abilock.diagnostics.formats.wording import shortened
from abilock.diagnostics.render import facts
from abilock.diagnostics.report import Diagnostic, Note

#: By which a script finds the comment that it wrote before, to write it anew.
MARKER = "<!-- abilock -->"
#: GitHub refuses comments of more than 65,536 characters.
_ROOM_TABLE = 30_000
_ROOM_DETAILS = 25_000
_LONGEST_CELL = 300
#: What means something in the middle of a line, where all of our text stands; and what only GitHub and
#: GitLab act on, which no backslash keeps them from.
_ACTED_ON = r"([@#!](?=\w)|(?<=\w):(?=//)|www(?=\.))"
_SPECIAL = re.compile(rf"([\\`*_\[\]<>|~&$])|{_ACTED_ON}")
_CODE = re.compile(r"(`[^`]+`)")


def as_markdown(findings: Findings) -> str:
    """A summary, a table of findings, and in a fold what follows from each and what to do."""
    found = findings.worst_first()
    lines = [MARKER, f"### abilock: {counted(found)}", ""]
    lines += _verdict(findings.data)
    if found:
        lines += _table(found, findings)
        lines += _fold(found, findings)
    return "\n".join(lines).rstrip("\n") + "\n"


def _verdict(data: Mapping[str, object]) -> Iterator[str]:
    """What the changes add up to, where versions were compared."""
    verdict, declared, required = (data.get(key) for key in ("verdict", "declared", "required"))
    if verdict is None or declared is None:
        return
    said = f"Changes: **{marked(str(verdict))}**. The description says `{_code(str(declared))}`"
    if required == declared:
        yield f"{said}, which is enough."
    else:
        yield f"{said}; the smallest honest version is **`{_code(str(required))}`**."
    yield ""


def _table(found: list[Diagnostic], findings: Findings) -> Iterator[str]:
    yield "| | where | what |"
    yield "| --- | --- | --- |"
    yield from _within(_ROOM_TABLE, [_row(one, findings) for one in found], "| … | | {} more |")
    yield ""


def _row(found: Diagnostic, findings: Findings) -> str:
    label = f"**{found.label}** {found.code.number}"
    what = _cell(found.message)
    if found.element and found.element not in found.message:
        what = f"`{_cell_code(found.element)}`: {what}"
    return f"| {label} | {_where(found, findings, _cell_code)} | {what} |"


def _fold(found: list[Diagnostic], findings: Findings) -> Iterator[str]:
    yield "<details><summary>What follows, and what to do</summary>"
    yield ""
    told = "_The rest is in the output of `abilock check`: {} more._"
    yield from _within(_ROOM_DETAILS, [_details(one, findings) for one in found], told)
    yield "</details>"


def _details(found: Diagnostic, findings: Findings) -> str:
    heading = f"**{found.code.number} {marked(found.code.slug)}**"
    where = _where(found, findings, _code)
    lines = [f"{' '.join(filter(None, (heading, where)))}: {marked(found.message)}", ""]
    lines += [f"- {marked(fact)}" for fact in facts(found)]
    for note in found.notes:
        lines += _note(note, findings)
    if found.hint:
        lines.append(f"- **to do:** {marked(found.hint)}")
    lines.append(f"- `abilock explain {found.code.number}` tells more")
    return "\n".join([*lines, ""])


def _note(note: Note, findings: Findings) -> Iterator[str]:
    if not note.details:
        yield f"- {marked(note.message)}"
        return
    yield f"- <details><summary>{_html(note.message)}</summary>"
    yield ""
    yield from _within(
        _ROOM_DETAILS // 5, [f"  - {marked(each)}" for each in note.details], "  - {} more"
    )
    yield ""
    yield "  </details>"


def _within(room: int, texts: list[str], rest: str) -> Iterator[str]:
    """As many texts as there is room for, and how many there are beside them."""
    for number, text in enumerate(texts):
        room -= len(text) + 1
        if room < 0:
            yield rest.format(len(texts) - number)
            return
        yield text


def _where(found: Diagnostic, findings: Findings, quoted: Callable[[str], str]) -> str:
    place = findings.place(found)
    if place is None:
        return ""
    at = f":{place['line']}:{place['column']}" if "line" in place else ""
    return f"`{quoted(str(place['file']) + at)}`"


def marked(text: str) -> str:
    """One line that shows as it is, with what stands in backticks as code; it mentions nobody and
    links nothing."""
    parts = _CODE.split(shortened(text))
    return "".join(
        part if index % 2 else _SPECIAL.sub(_escaped, part) for index, part in enumerate(parts)
    )


def _escaped(match: re.Match[str]) -> str:
    special, acted_on = match.groups()
    # A comment inside of a word is not seen, and keeps anybody from being notified.
    return f"\\{special}" if special else f"{acted_on}<!-- -->"


def _cell(text: str) -> str:
    """The same in a table, where bars of code count, too; the whole of it is in the fold."""
    short = text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"
    parts = _CODE.split(marked(short))
    return "".join(_without_bars(part) if index % 2 else part for index, part in enumerate(parts))


def _code(text: str) -> str:
    """For a place between backticks."""
    return shortened(text).replace("`", "'")


def _cell_code(text: str) -> str:
    return _without_bars(_code(text))


def _without_bars(code: str) -> str:
    """Code whose bars do not end a cell of a table."""
    return code.replace("\\|", "\\ |").replace("|", "\\|")


def _html(text: str) -> str:
    """For a line of HTML, in which Markdown means nothing."""
    shown = shortened(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(_ACTED_ON, r"\1<!-- -->", shown).replace("`", "")
