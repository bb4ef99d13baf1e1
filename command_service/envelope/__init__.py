"""One envelope of Slack's from its arrival to its ack: its deadline and its measures."""
