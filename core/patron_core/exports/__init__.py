"""The room of exports: how data leaves as text tables."""
