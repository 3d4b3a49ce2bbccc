"""A vendor's plugin whose migration fails half-way."""
