"""The slice of privacy: models, commands, service, events, permissions."""
