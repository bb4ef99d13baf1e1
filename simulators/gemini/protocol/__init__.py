"""What Gemini's API takes and refuses: bodies, schemas, models, media, and Google's errors."""
