"""What was asked while nobody listened, read back from Slack after each start and each gap."""
