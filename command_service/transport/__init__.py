"""The edge: Socket Mode or HTTP in, one use case called, one ack out.

``socket_mode``, or ``events_api`` behind ``http_server``, ``http_body`` and ``signatures``, takes
an envelope within the limit of ``concurrency``; ``listeners`` (``event_listeners``,
``command_listener``, ``interaction_listeners``) call the use case. ``health`` answers probes.
"""
