"""The other sources of an answer besides its question: its subject's messages, the answer before.

``shortcut_source`` reads the former, ``earlier_answer`` the latter.
"""
