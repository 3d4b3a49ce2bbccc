"""Those who may become customers: models, scoring, commands, service, converting, the clock of the first response, figures."""
