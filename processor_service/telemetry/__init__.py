"""Measurements: ``task_metrics`` of one delivery, and ``attempt_metrics`` of one attempt at Gemini,
with the operator's ``prices``.
"""
