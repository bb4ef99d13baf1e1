"""The Gemini API: unary and streamed answers, schemas, scripted timing and faults."""
