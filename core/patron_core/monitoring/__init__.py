"""Rules that watch behaviour, and their alerts."""
