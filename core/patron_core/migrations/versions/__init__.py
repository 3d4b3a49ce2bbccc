"""The revisions of the core, written by `python -m patron_core.migrations.revision patron "message"`."""
