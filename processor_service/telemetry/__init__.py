"""What one delivery and one attempt at Gemini measure."""
