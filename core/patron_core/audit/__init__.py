"""The slice of audit: models, commands, service, events, permissions."""
