"""Patron for hotels: guests, reservations, stays and preferences.

`plugin` is the table of contents; the other rooms have the same names in every plugin.
"""
