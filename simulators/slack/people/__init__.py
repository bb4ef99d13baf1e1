"""What people do at their Slack clients, and what the app gets to know of it."""
