"""The edge: Pub/Sub's pushes in, verified and decoded; status codes out.

``routes`` verifies (``push_auth``), decodes (``push_request``) and dispatches by kind of task,
under a ``delivery_span``; ``http_head`` bounds a request before that. ``best_effort`` wraps the
handlers of App Home and the doctor. ``in_flight`` drains, ``readiness`` answers probes, and ``app``
passes ``dependencies`` in.
"""
