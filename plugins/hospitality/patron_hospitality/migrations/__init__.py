"""The revisions of the tables of hospitality."""
