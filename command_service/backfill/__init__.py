"""Finds missed questions: ``schedule`` says when, ``sweep`` reads them back from Slack once, and
``paced_history`` keeps it within Slack's limits. ``kept_questions`` are those that Pub/Sub refused.
"""
