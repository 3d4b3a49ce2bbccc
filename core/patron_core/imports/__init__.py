"""The slice of imports: models, commands, service, events, permissions."""
