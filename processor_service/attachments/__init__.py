"""The files of a question: ``selection`` by type (``media_types``) and size, ``attach`` fetches and
uploads them, ``decode`` reads text (``delimited``: as a table), ``documents`` the files of office
programs, mails and canvases.
"""
