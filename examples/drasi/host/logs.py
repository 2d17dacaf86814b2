"""What plugins say: their log and the steps of their lives, as records of ``logging``.

Both callbacks come on any thread, also in the middle of a call that the host makes. So they take no
lock that the host holds then, and raise nothing.
"""

from __future__ import annotations

import logging

import drasi
import drasi_0_11_0

_LEVELS = {
    "Error": logging.ERROR,
    "Warn": logging.WARNING,
    "Info": logging.INFO,
    "Debug": logging.DEBUG,
    "Trace": 5,
}


def on_log(entry: drasi.LogEntry | drasi_0_11_0.LogEntry) -> None:
    """A record of a plugin, under the name of the component that it is about."""
    name = f"plugin.{entry.component_id or entry.plugin_id}"
    logging.getLogger(name).log(_LEVELS[entry.level.name], "%s", entry.message)


def on_lifecycle(event: drasi.LifecycleEvent | drasi_0_11_0.LifecycleEvent) -> None:
    """A step of a component, which is how a host learns of a failure that no call reported."""
    step = event.event_type.name
    level = logging.ERROR if step == "Error" else logging.DEBUG
    text = f"{step}: {event.message}" if event.message else step
    logging.getLogger(f"plugin.{event.component_id}").log(level, "%s", text)


def level_wanted() -> str:
    """The name of the least severe level that anybody would see."""
    wanted = logging.getLogger("plugin").getEffectiveLevel()
    heard = [name for name, level in _LEVELS.items() if level >= wanted]
    return heard[-1] if heard else "Off"
