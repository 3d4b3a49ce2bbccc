"""The slice of opportunities: models, commands, service, events, permissions; `catalogue` has the pipeline to start with."""
