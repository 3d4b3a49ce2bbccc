"""The slice of webhooks: models, commands, service, events, permissions; signing, queueing, sending."""
