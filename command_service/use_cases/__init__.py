"""One function for each thing that a person in Slack can do."""
