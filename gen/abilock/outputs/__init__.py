"""The outputs, one subpackage each, in the order in which configs and messages list them.

A new one is a folder here, a folder of the same name in ``templates/`` and a line in ``OUTPUTS``.
"""

from __future__ import annotations

from abilock.outputs.cffi import view as cffi
from abilock.outputs.cffi.limits import report_limits as cffi_limits
from abilock.outputs.docs import view as docs
from abilock.outputs.header import view as header
from abilock.outputs.layout import view as layout
from abilock.outputs.layout_tests import view as layout_tests
from abilock.outputs.report import view as report
from abilock.outputs.rust import view as rust
from abilock.outputs.spec import Output

OUTPUTS: tuple[Output, ...] = (
    Output("header", header.pages),
    Output("rust", rust.pages),
    Output("layout", layout.pages),
    Output("layout_tests", layout_tests.pages),
    Output("docs", docs.pages),
    Output("report", report.pages),
    Output("cffi", cffi.pages, cffi_limits, judges=True),
)
