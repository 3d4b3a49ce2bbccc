"""The slice of touchpoints: models, commands, service, events, permissions."""
