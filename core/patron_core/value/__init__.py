"""What a customer is worth: models fitted to purchases, and what follows from them. Numbers only, no database here."""
