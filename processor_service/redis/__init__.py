"""The adapters for Redis, which is a fast path and never a need.

``connection`` runs each command, and ``keys`` has every key. ``leases``, ``turns`` and ``cancels``
keep workers apart. ``answer_cache``, ``posts``, ``votes``, ``preferences`` and ``people_cache``
remember. ``limits`` counts people's requests, ``rate_budget`` and ``rate_holds`` Slack's calls.
"""
