"""Requests that Patron itself sends to addresses a tenant chose: webhooks. Nothing of our own network can be reached by them."""
