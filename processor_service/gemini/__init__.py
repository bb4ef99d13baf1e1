"""Gemini through google-genai (decision 31); nothing outside this package knows that library.

``lazy`` is what the service is given: it imports the library beside the start. ``client`` holds the
library's client on ``session``, which is ours; ``model`` and ``files`` implement the ports on it.
``requests`` and ``responses`` translate to and from the library's types, ``continuation`` joins the
responses of one answer, ``errors`` and ``reasons`` say what an error means to us, and
``capabilities`` remembers what a model does not take. ``access`` says whom we ask, and as whom.
"""
