"""Pub/Sub in, Gemini, Slack out: answers each task exactly once."""
