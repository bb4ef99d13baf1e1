"""Reading conversations in Slack: our messages of a task, and what people said."""
