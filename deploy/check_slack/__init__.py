"""Tries out in a real workspace what Slack's documentation leaves open."""
