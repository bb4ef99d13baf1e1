"""What an answer is made from besides its question: the messages it is about, the answer before.

``shortcut_source`` reads the former, ``earlier_answer`` the latter.
"""
