"""OpenDocument files (OASIS OpenDocument 1.3): texts (``text``), spreadsheets, read in pieces
(``sheets``), and presentations (``pages``), from their ``content.xml``; ``elements`` has the names
and words of its elements, ``package`` chooses. No library of ours reads them.
"""
