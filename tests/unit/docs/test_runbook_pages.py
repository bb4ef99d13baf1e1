"""How the drill reads a page."""

from pathlib import Path

import pytest

from tests.drills.runbooks.installation import NotKnown
from tests.drills.runbooks.page import read
from tests.drills.runbooks.signs import comparisons

PAGE = """# A page

Prose with `code`.

```json confirm command-service/readyz
{"ready": false}
```

```sh fix
# a remark
first \\
  --flag
second
```

```text shows
done … times
```

```sh
for people
```
"""


def test_blocks_have_their_role_target_and_what_their_command_shows(tmp_path: Path) -> None:
    path = tmp_path / "a-page.md"
    path.write_text(PAGE, "utf-8")
    page = read(path)
    assert page.name == "a-page"
    assert [(block.language, block.role, block.target) for block in page.blocks] == [
        ("json", "confirm", "command-service/readyz"),
        ("sh", "fix", ""),
        ("sh", "", ""),
    ]
    (fix,) = page.of("fix")
    assert fix.lines() == ["first --flag", "second"]
    assert fix.shows == "done … times\n"
    assert list(page.commands()) == ["first --flag", "second", "for people"]


def test_a_filter_is_comparisons_of_text_and_numbers() -> None:
    assert comparisons('jsonPayload.action="a_b"\njsonPayload.age_s>5') == {
        "jsonPayload.action": ("=", "a_b"),
        "jsonPayload.age_s": (">", 5.0),
    }


@pytest.mark.parametrize("line", ['a="b" OR a="c"', 'a=~"b.*"', "free text", 'NOT a="b"'])
def test_a_filter_that_cannot_be_tried_here_is_refused(line: str) -> None:
    with pytest.raises(NotKnown):
        comparisons(line)
