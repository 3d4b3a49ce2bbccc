"""The slice of products: models, commands, service, events, permissions."""
