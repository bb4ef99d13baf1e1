"""The Web API: every method with its token, arguments, limits and effect."""
