"""The adapters for Slack's Web API, through ``client``.

``conversation`` (with ``streams``) and ``response_url`` write, ``reading`` reads (``page_memory``
bounds it, ``shown_body`` is a message as Slack returns it), and ``conversations`` chooses among
them. ``agent_session`` tells Slack that we are at work. ``files`` downloads, ``uploads`` shares;
``people``, ``channels``, ``user_groups`` and ``workspace`` look up names and rights.
"""
