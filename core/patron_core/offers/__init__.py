"""The slice of offers: models, commands, service, events, permissions; `simulation` is what one would come to, `aging` what time does."""
