"""Text that a copy of the database does not tell: keys per tenant, wrapped by a master key, and columns encrypted with them."""
