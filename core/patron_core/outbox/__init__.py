"""The slice of outbox: models, commands, service, events, permissions."""
