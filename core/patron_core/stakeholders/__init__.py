"""Who has a say at a customer, and on which side they are."""
