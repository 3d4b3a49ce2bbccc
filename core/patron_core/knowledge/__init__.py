"""What is known and whom it was given to."""
