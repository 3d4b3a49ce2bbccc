"""Households and other groups of parties."""
