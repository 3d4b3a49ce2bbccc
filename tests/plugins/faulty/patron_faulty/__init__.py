"""A vendor's plugin that does everything wrong which a plugin can do, when it is told to by what a row says."""
