"""Measurements of one delivery and of one attempt at Gemini."""
