"""A host of statevec as its author writes it, and what a type checker makes of it."""

from __future__ import annotations

from typing import assert_type

import statevec


def name_of(path: str) -> str:
    plugin = statevec.load(path)
    api = plugin.api
    assert_type(api.abi_version, int)
    assert_type(api.schema_bytes(), bytes)
    with api.create_runtime("{}") as runtime:
        try:
            runtime.on_unload()
        except statevec.StatevecError as error:
            print(error.phase, error.kind, error.message)
    return api.plugin_name()


def command(payload: bytes) -> statevec.Command:
    made = statevec.Command(1, ext_seq=1, ref_ext_time_us=2, payload=payload)
    assert_type(made.payload, bytes)
    return made
