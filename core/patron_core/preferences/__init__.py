"""What customers like and wish: said by them, seen in what they do, or told by other systems."""
