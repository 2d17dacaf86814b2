"""Views of the modules for plugins in Python: what they derive from, and what embeds them."""

from __future__ import annotations

from dataclasses import dataclass

from abilock.model.naming import macro_prefix
from abilock.outputs.cffi.classes import ClassCode, shielded_class
from abilock.outputs.cffi.code import Code
from abilock.outputs.cffi.defaults import manifest_form, ranges
from abilock.outputs.cffi.exports import Export, Exports
from abilock.outputs.cffi.package import Package


@dataclass(frozen=True, slots=True)
class PluginView:
    """All of ``cffi/plugin.py.jinja``; ``manifest`` and ``ranges`` are Python literals, and so are
    ``refusals`` and ``lacking``. ``manifest`` is empty where plugins have none."""

    banner: str
    package: str
    has_enums: bool
    shields: tuple[str, ...]
    methods: tuple[Code, ...]
    manifest: str
    ranges: str
    exports: tuple[Export, ...]
    refusals: tuple[str, ...]
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PluginSourceView:
    """All of ``cffi/_plugin_source.py.jinja``."""

    banner: str
    prefix: str
    prefixes: tuple[str, ...]
    header: str
    variables: tuple[str, ...]
    exports: tuple[Export, ...]
    export_count: int


def plugin_view(package: Package, exports: Exports, banner: str, has_enums: bool) -> PluginView:
    """``plugin.py``"""
    made = shielded_class(ClassCode("PluginEntries(abc.ABC)", (), tuple(exports.methods())))
    form = manifest_form(package)
    return PluginView(
        banner=banner,
        package=package.library.stem,
        has_enums=has_enums,
        shields=made.shields,
        methods=made.methods,
        manifest=ascii(form) if form in ("toml", "json") else "",
        ranges=ascii(dict(ranges(package))),
        exports=tuple(exports.exports()),
        refusals=tuple(map(ascii, exports.refusals())),
        lacking=tuple(map(ascii, exports.lacking())),
    )


def plugin_source_view(package: Package, exports: Exports, banner: str) -> PluginSourceView:
    """``_plugin_source.py``"""
    library = package.library
    exported = tuple(exports.exports())
    return PluginSourceView(
        banner=banner,
        prefix=macro_prefix(library.name),
        prefixes=tuple(macro_prefix(each.name) for each in (*library.all_imports, library)),
        header=f"{library.stem}.h",
        variables=tuple(exports.variables()),
        exports=exported,
        export_count=len(exported),
    )
