"""The slice of carts: models, commands, service, events, permissions; `aging` is what time does to them."""
