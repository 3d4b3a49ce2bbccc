"""The slice of emergency access: models, commands, service, events, permissions."""
