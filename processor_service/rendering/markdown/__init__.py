"""The model's Markdown as Slack shows it well: blocks, tables, and text beside Japanese."""
