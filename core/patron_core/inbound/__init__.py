"""The slice of inbound: sources that push signed records over HTTP, and the log of what they sent."""
