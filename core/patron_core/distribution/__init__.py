"""What distributors sold on, and to whom."""
