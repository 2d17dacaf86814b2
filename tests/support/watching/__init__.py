"""Plugins and hosts that do all that a description lets them do, and tell what they do."""
