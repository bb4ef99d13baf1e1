"""The prompt: what Gemini is asked, and in which form it answers."""
