"""The use cases: one function for each thing that a user can do in Slack."""
