"""The files of a question: ``selection`` by type (``media_types``) and size, ``attach`` fetches and
uploads them, ``decode`` reads text (``delimited``: tables),
``documents`` those of office programs.
"""
