"""What customers bring and cost by month."""
