"""What a plugin's author tests with: real servers, fixtures, factories and the suite that every plugin must pass."""
