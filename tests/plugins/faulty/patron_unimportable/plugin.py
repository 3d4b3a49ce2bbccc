"""Raises while it is imported."""

raise RuntimeError("the vendor forgot a dependency")
