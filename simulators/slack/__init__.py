"""Slack: Web API, Socket Mode, Events API, files, streams and interactions, as strict as Slack."""
