"""Who may be twice in the books, and what was merged."""
