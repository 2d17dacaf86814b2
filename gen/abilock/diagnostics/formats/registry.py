"""Every format in which findings are told to other programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from abilock.diagnostics.formats.findings import Findings
from abilock.diagnostics.formats.github import as_github
from abilock.diagnostics.formats.gitlab import as_gitlab
from abilock.diagnostics.formats.junit import as_junit
from abilock.diagnostics.formats.markdown import as_markdown
from abilock.diagnostics.formats.plain import as_json
from abilock.diagnostics.formats.sarif import as_sarif

#: By name, in the order in which the command line lists them.
FORMATS: Mapping[str, Callable[[Findings], str]] = {
    "json": as_json,
    "markdown": as_markdown,
    "sarif": as_sarif,
    "github": as_github,
    "gitlab": as_gitlab,
    "junit": as_junit,
}
