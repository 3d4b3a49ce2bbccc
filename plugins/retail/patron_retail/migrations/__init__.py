"""The revisions of the tables of retail."""
