"""The formats a shop's past comes in, one module each; `intake` holds what they share."""
