"""The slice of orders: models, commands, service, events, permissions; `states`, `items` and `sums` are its rules."""
