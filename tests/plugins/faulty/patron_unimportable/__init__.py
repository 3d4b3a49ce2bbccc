"""A vendor's plugin that cannot be imported."""
