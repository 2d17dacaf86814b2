"""JSON, for scripts: all that is known."""

from __future__ import annotations

import json

from abilock.diagnostics.formats.findings import Findings
from abilock.diagnostics.render import render_data


def as_json(findings: Findings) -> str:
    """``{"findings": […]}``, behind whatever else there is to say."""
    data = {**findings.data, "findings": render_data(findings.report)}
    return json.dumps(data, indent=2) + "\n"
