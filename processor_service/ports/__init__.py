"""What the use cases need from outside, as Protocols; adapters implement them.

``work`` keeps workers apart and ``limits`` counts. ``model`` (with ``generation_options``) gives an
answer, with ``citations``; ``answers`` keeps it. ``conversations`` are read and written, ``talks``
read for who spoke to whom; ``people`` and ``files`` are looked up.
"""
