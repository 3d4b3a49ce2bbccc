"""The revisions of the tables of banking."""
