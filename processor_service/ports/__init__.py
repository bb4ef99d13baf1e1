"""The ports: Protocols for all that the use cases need from outside; adapters implement them.

``work`` keeps workers apart and ``limits`` counts. ``model`` (with ``generation_options``) gives an
answer, with ``citations``; ``answers`` keeps it. ``conversations`` are read and written, ``talks``
read for who spoke to whom; ``people`` and ``files`` are looked up.
"""
