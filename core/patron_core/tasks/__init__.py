"""Tasks, reminders and rhythms of contact."""
