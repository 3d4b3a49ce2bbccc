"""What is to come: history and deals by category, what was foreseen before, and how good that was."""
