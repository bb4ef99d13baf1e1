"""The files of a question on their way to Gemini."""
