"""Plans and goals for customers."""
