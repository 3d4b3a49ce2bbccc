"""Revisions of a plugin whose migration fails."""
