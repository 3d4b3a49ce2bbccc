"""The slice of relationships: models, commands, service, events, permissions."""
