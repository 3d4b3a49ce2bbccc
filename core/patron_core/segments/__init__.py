"""Segments, and who came and left."""
