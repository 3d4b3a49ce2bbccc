"""Work of its own: what jobs there are, when they are due, and that each run of one has its effect once."""
