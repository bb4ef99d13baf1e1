"""Slack's payloads read as questions, clicks, votes, commands: pure functions that never raise."""
