"""A host of drasi plugins in Python; the README says in which order to read it."""


class HostError(Exception):
    """What this host finds wrong with a plugin, or with what is wanted of one: the others go on."""
