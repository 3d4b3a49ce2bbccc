"""Patron for care: patients, encounters, observations, conditions and the follow-ups that abnormal values open.

`plugin` is the table of contents; the other rooms have the same names in every plugin.
"""
