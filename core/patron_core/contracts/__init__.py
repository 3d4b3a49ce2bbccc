"""The slice of contracts: models, commands, service, events, permissions; `terms` has the rules of dates, `renewing` the jobs."""
