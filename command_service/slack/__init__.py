"""The adapters for Slack's Web API: signs to users, and messages read back."""
