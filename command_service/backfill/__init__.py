"""Reads missed questions back from Slack: ``schedule`` says when, ``sweep`` does it once, and
``paced_history`` keeps it within Slack's limits.
"""
