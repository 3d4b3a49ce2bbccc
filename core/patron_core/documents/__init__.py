"""The slice of trusted documents: models, commands, service, events, permissions, and how they are looked up."""
