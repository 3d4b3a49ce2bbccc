"""The slice of transactions: models, commands, service, events, permissions."""
