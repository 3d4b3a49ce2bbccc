"""Which next steps were advised, taken and what came of them."""
