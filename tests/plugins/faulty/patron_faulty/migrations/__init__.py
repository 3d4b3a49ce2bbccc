"""Revisions of the faulty plugin."""
