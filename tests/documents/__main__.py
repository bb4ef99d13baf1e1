"""``python -m tests.documents``: write docs/openapi.json and the examples of docs/api.md anew."""

from tests.documents.api import write

if __name__ == "__main__":
    write()
