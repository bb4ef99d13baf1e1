"""The edge: Socket Mode or HTTP in, one use case called, one ack out.

``socket_mode``, or ``events_api`` behind ``http_server`` and ``http_body``, takes an envelope
within the limit of ``concurrency``; ``event_listeners``, ``command_listener`` and
``interaction_listeners`` call the use case, and ``listener_errors`` answers Slack if one fails.
``health`` answers probes.
"""
