"""The files of a question: which of them Gemini gets, and how."""
