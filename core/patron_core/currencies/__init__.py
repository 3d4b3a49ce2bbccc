"""Rates between currencies by day, and amounts that are told in another currency by them."""
