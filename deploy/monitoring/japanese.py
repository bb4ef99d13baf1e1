"""The files' texts in Japanese. Names, queries and numbers stay as they are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

_TEXTS: Final = "texts_ja.yaml"
_SHORT: Final = {"displayName", "title", "label", "legendTemplate"}
_ENGLISH, _JAPANESE = "/docs/runbooks", "/docs/ja/runbooks"


class Japanese:
    """The table in ``folder``. A text without a twin raises KeyError, a condition ValueError."""

    def __init__(self, folder: Path) -> None:
        self._table = yaml.safe_load((folder / _TEXTS).read_text(encoding="utf-8"))

    def policy(self, name: str, policy: Mapping[str, Any]) -> dict[str, Any]:
        """The alert policy called ``name``."""
        texts = self._table["alerts"][name]
        documentation = {
            **policy["documentation"],
            "subject": texts["subject"],
            "content": texts["content"],
            "links": self.dashboard(policy["documentation"]["links"]),
        }
        conditions = [
            {**condition, "displayName": text}
            for condition, text in zip(policy["conditions"], texts["conditions"], strict=True)
        ]
        return {
            **policy,
            "displayName": texts["displayName"],
            "conditions": conditions,
            "documentation": documentation,
        }

    def dashboard(self, part: Any) -> Any:
        """A dashboard, or a part of one."""
        match part:
            case list():
                return [self.dashboard(each) for each in part]
            case dict():
                short = self._table["short"]
                return {
                    name: short[each] if name in _SHORT else self.dashboard(each)
                    for name, each in part.items()
                }
        return part


def japanese_runbooks(url: str) -> str:
    """Where the Japanese pages are, beside the English ones; another address stays itself."""
    bare = url.rstrip("/")
    return bare.removesuffix(_ENGLISH) + _JAPANESE if bare.endswith(_ENGLISH) else url
