"""Patron for shops: loyalty membership with its ledger of points, and purchases.

`plugin` is the table of contents; the other rooms have the same names in every plugin.
"""
