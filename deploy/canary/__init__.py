"""Brings a new version to more and more people, and takes it back if it is worse."""
