"""The model's Markdown, rewritten so that Slack shows what it means, also beside Japanese."""
