"""One task, one answer: admitted, obtained (earlier worker, cache, Gemini), and posted."""
