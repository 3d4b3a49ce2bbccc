"""What customers need, near and far."""
