"""``python examples/drasi``: builds the demo plugins, runs the host, tells what happens.

Needs a C compiler, and ``pip install -r examples/drasi/requirements.txt``.
"""

from __future__ import annotations

import copy
import json
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# In a project of yours the generated packages are installed; here they lie in the repository.
for release in ("drasi", "drasi_0_11_0"):
    sys.path.insert(0, str(HERE.parents[1] / "generated" / release / "python"))

# Behind the paths that they are found by.
from host.host import Host  # noqa: E402
from plugins.build import build, refused  # noqa: E402

Config = dict[str, Any]


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="   %(name)s: %(message)s", stream=sys.stdout)
    config: Config = json.loads((HERE / "demo.json").read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="drasi-host-") as name:
        folder = Path(name)
        plugins, state = folder / "plugins", folder / "state.sqlite"
        heading("Building the demo plugins")
        build(plugins)
        refused(plugins)
        heading("A first start: bootstrap, changes, results")
        run(config, plugins, state)
        # What is in the folder was said once.
        logging.getLogger("host.plugins").setLevel(logging.ERROR)
        heading("A second start, on the same state: what was missed comes first")
        run(config, plugins, state)
        heading("The query is another one now: three recovery policies")
        recover(config, plugins, state)
        heading("A plugin that fails at every step")
        fail(config, plugins)


def heading(text: str) -> None:
    print(f"\n== {text}", flush=True)


def run(config: Config, plugins: Path, state: Path | None, changes: int = 28) -> None:
    """One life of a host: until so many changes were evaluated."""
    with Host(config, plugins=plugins, state=state) as host:
        query = host.queries["adults"]
        query.wait_for(changes, 10)
        rows, sequence = query.rows()
        print(f"-- result {sequence} of {query.id}:")
        for _, row in rows:
            print("    ", ", ".join(str(value) for value in row.values()))
        if query.opaque:
            passed = ", ".join(f"{count} × {op}" for op, count in sorted(query.opaque.items()))
            print(f"-- of 0.8.4, counted and given back unread: {passed}")
    report(host)


def report(host: Host) -> None:
    for component, step, reason in host.failures:
        print(f"-- {component} failed at {step}: {reason}")
    host.shut()


def recover(config: Config, plugins: Path, state: Path) -> None:
    """Four reactions with a checkpoint of the old query, and each combination of what they ask for."""
    settings = {
        "strict": {"durable": True, "snapshot": True, "recovery": 0},
        "resets": {"durable": True, "snapshot": True, "recovery": 1},
        "skips": {"durable": True, "recovery": 2},
        "confused": {"durable": True, "snapshot": True, "recovery": 2},
    }
    config = copy.deepcopy(config)
    diary = config["reactions"][0]
    config["sources"] = []
    config["reactions"] = [{**diary, "id": id, "config": each} for id, each in settings.items()]
    print("-- before:")
    run(config, plugins, state, changes=0)
    config["queries"][0]["text"] = "MATCH (p:Person) WHERE p.age >= 40 RETURN p.name AS name, p.age"
    print("-- after:")
    run(config, plugins, state, changes=0)


def fail(config: Config, plugins: Path) -> None:
    """A source and a reaction for each step, all of which the host survives."""
    config = copy.deepcopy(config)
    steps = ("create", "start", "subscribe", "bootstrap", "stream", "stop", "deprovision")
    source, reaction = config["sources"][0], config["reactions"][0]
    config["sources"] = [source]
    config["reactions"] = []
    for step in steps:
        bad = {**source, "id": f"bad-{step}", "config": {**source["config"], "fail": step}}
        bad["bootstrap"] = {"kind": "register@0.13.0", "config": {"fail": step}}
        config["sources"].append(bad)
        settings = {"snapshot": True, "recovery": 1, "fail": step}
        config["reactions"].append({**reaction, "id": f"sad-{step}", "config": settings})
    config["queries"][0]["sources"] = [each["id"] for each in config["sources"]]
    logging.getLogger().setLevel(logging.CRITICAL)
    host = Host(config, plugins=plugins, state=None)
    host.start()
    host.queries["adults"].wait_for(17, 10)
    host.stop(deprovision=True)
    report(host)


main()
