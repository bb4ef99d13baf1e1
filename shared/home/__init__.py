"""The Home tab, as both services show it."""
