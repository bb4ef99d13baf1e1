"""The Slack client of both services, and Slack's messages as data."""
