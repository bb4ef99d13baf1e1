"""What a workspace consists of, how it changes, and the form Slack's API shows it in."""
