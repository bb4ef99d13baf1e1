"""What Gemini is asked, and in which form it answers."""
