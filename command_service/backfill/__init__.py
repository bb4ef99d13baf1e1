"""Reads missed questions back from Slack after each start and each gap."""
