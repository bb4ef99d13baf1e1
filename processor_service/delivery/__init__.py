"""Exactly one answer in Slack: written under the lease, previewed, reconciled and verified."""
