"""What plugins call their version runs ahead of the releases, and `@since` counts in that."""

from __future__ import annotations

from support.bindings import Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
compat major.minor;
@version const SAID: str = "7.2.0";
struct Facts { @version version: *const char @nul @until(library) }
@handshake entry fn facts() -> *const Facts @until(library);
@since(7.1.0) entry fn newer() -> u32;
@since(7.2.0) entry fn newest() -> u32;
"""

SOURCE = r"""
#if PROVES
{NAME}_WITNESS;
#endif
{NAME}_EXPORT const Facts *facts(void) { static Facts told = {"7.2.0"}; return &told; }
{NAME}_EXPORT uint32_t newer(void) { return 1; }
{NAME}_EXPORT uint32_t newest(void) { return 2; }
"""


def test_a_plugin_with_a_witness_has_what_others_have(workshop: Workshop, mode: str) -> None:
    for proves in ("#define PROVES 0\n", "#define PROVES 1\n"):
        plugin = workshop.build(DESCRIPTION, proves + SOURCE, mode).plugin
        assert plugin.offers("newest")
        assert plugin.has("newer")
        assert (plugin.newer(), plugin.newest()) == (1, 2)
