"""Patron for banks: financial accounts, the parties to them, their balances and the importers of statements.

`plugin` is the table of contents; the other rooms have the same names in every plugin.
"""
