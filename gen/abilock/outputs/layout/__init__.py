"""Layout tables as JSON."""
