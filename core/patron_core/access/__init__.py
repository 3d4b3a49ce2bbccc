"""The slice of access: models, commands, service, events, permissions."""
