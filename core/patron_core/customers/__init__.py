"""The slice of customers: models, commands, service, events, permissions."""
