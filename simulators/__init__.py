"""Local servers that speak the vendors' protocols. They import nothing of the services."""
