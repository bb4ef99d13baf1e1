"""Gemini through google-genai (decision 31); no other package knows that library.

The service gets ``lazy``, which imports the library beside the start. ``client`` holds its client
on our ``session``; ``model`` and ``files`` implement the ports with it. ``requests`` and
``responses`` translate to and from JSON, ``continuation`` joins the responses of one answer,
``errors`` translates errors (``pacific_day``: until a daily quota is full again),
``capabilities`` remembers what a model rejects, and ``access`` holds address and credentials.
"""
