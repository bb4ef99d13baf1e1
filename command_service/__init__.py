"""Slack in, Pub/Sub out: validates a question, queues it as a task, and only then acks Slack."""
