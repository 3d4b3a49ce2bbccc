"""The slice of billing: models, commands, service, events, permissions; `behaviour` is how somebody pays, `overdue` what time does."""
