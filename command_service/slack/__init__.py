"""The adapters for Slack's Web API: signs to people, and what is read back."""
