"""The adapters for Slack's Web API."""
