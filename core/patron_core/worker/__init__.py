"""What happens after a change: who finds what waits, who may do it, and that it is done once."""
