"""The revisions of the tables of healthcare."""
