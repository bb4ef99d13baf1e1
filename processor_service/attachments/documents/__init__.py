"""Documents whose format is a program's own, as text for the model: Word, Excel, PowerPoint,
OpenDocument (``open_document``), mails (``mail``), and Slack's canvases (``page``).

``reader`` has each one read by a process of its own (``__main__``) with hard limits. There
``container`` looks at the package before anything is parsed, and ``word`` (its lists:
``numbering``), ``workbook`` (its cells: ``cell_format``, ``workbook_parts``) or ``slides`` (their
charts: ``chart``) writes it on ``paper``, tables by ``table``. Only that process imports the
libraries, one for each file.
"""
