"""Recurring work that plugins declare. Here it is listed and run by name; schedules and leases come with the relay."""
