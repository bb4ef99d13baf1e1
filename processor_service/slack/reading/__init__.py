"""What stands in a conversation in Slack: our messages of a task, and what people said."""
