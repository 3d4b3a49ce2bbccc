"""Copies of an embedded database, and what has to be done after a restore of any."""
