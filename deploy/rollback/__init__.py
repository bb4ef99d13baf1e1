"""Sends all traffic back to the last good revision, and tells the people."""
