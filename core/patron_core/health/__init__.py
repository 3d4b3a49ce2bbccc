"""How well customers do, and why."""
