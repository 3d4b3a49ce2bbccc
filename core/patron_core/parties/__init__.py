"""The slice of parties: models, commands, service, events, permissions."""
