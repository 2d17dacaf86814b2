"""The configuration: whether it is one, before anything is loaded for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .query import QueryError, parse

Config = Mapping[str, Any]


class ConfigError(ValueError):
    """The configuration is wrong: where, and what."""


_COMPONENT = {"id": str, "kind": str, "config?": dict}
#: What entries of each list have, and with a question mark what they may have.
_LISTS = {
    "secretStores": _COMPONENT,
    "identityProviders": _COMPONENT,
    "sources": {**_COMPONENT, "identity?": str, "bootstrap?": {"kind": str, "config?": dict}},
    "queries": {"id": str, "text": str, "sources": [str], "outbox?": int},
    "reactions": {**_COMPONENT, "queries": [str], "identity?": str},
}
_FORM = {"instance?": str, **{f"{name}?": [entry] for name, entry in _LISTS.items()}}
_NAMES = {str: "a text", list: "a list", int: "a number", dict: "an object"}


def checked(config: Any) -> Config:
    """The configuration as it is.

    Raises:
        ConfigError: it is none. Names that are nowhere are no matter of this: a component that wants
            one fails, and the others go on.
    """
    try:
        # Parts of it go to plugins, as JSON in UTF-8.
        json.dumps(config, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(f"the configuration cannot be written as JSON: {error}") from error
    _require(config, "the configuration", _FORM)
    for name in _LISTS:
        ids = [each["id"] for each in config.get(name, ())]
        for number, id in enumerate(ids):
            if id in ids[:number]:
                raise ConfigError(f"{name}[{number}]: there is another one with the id {id!r}")
    for number, query in enumerate(config.get("queries", ())):
        try:
            parse(query["text"])
        except QueryError as error:
            raise ConfigError(f"queries[{number}].text: {error}") from error
        if query.get("outbox", 0) < 0:
            raise ConfigError(f"queries[{number}].outbox: it cannot hold {query['outbox']} results")
    return config  # type: ignore[no-any-return]  # it was looked at


def _require(value: Any, where: str, form: Any) -> None:
    """``form`` is a type, a list with the form of its entries, or an object as above."""
    type_ = form if isinstance(form, type) else type(form)
    # For Python, true is a number, and a tuple is as good as a list.
    wanted: Any = (list, tuple) if type_ is list else type_
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise ConfigError(f"{where}: {_NAMES[type_]} is needed, not {json.dumps(value)[:80]}")
    if isinstance(form, list):
        for number, each in enumerate(value):
            _require(each, f"{where}[{number}]", form[0])
    if isinstance(form, dict):
        known = {name.rstrip("?"): part for name, part in form.items()}
        for name in value:
            if name not in known:
                raise ConfigError(f"{where}: {name!r} is unknown; it may have {', '.join(known)}")
        for name, part in known.items():
            if name in value:
                _require(value[name], f"{where}.{name}".removeprefix("the configuration."), part)
            elif name in form:
                raise ConfigError(f"{where}: it has no {name!r}")
