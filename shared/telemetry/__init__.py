"""Logs, spans and metrics of both services."""
