"""Channels, and what a contact over each costs."""
