"""Documents in code hold the code in them, whole and while they grow."""

import pytest

from processor_service.rendering.incremental import IncrementalRenderer, first_markdown
from processor_service.rendering.markdown.document import read_document, words_of

INNER = "```bash\nnpm i\n```"
README = f"```markdown\n# 名前\n\n{INNER}\n\n## 使い方\n本文\n```"


def kinds(source: str) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in read_document(source)]


def test_a_document_ends_where_its_author_ends_it() -> None:
    inside = README[len("```markdown\n") : -len("\n```")]
    assert kinds(f"例:\n{README}\n以上です。") == [
        ("paragraph", "例:"),
        ("fence", f"````markdown\n{inside}\n````"),
        ("paragraph", "以上です。"),
    ]
    assert words_of(README).endswith("本文")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (f"```md\n{INNER}\n```", f"````md\n{INNER}\n````"),
        (f"``` MDX\n{INNER}\n{INNER}\n```", f"````MDX\n{INNER}\n{INNER}\n````"),
        (f"> ```md\n> {INNER.replace(chr(10), chr(10) + '> ')}\n> ```", None),
        (f"- 例\n  ```md\n  {INNER.replace(chr(10), chr(10) + '  ')}\n  ```", None),
        (f"````md\n```md\n{INNER}\n```\n````", f"````md\n```md\n{INNER}\n```\n````"),
        ("```python\n```md\nx\n```", "````python\n```md\nx\n````"),
        ("```mermaid\ngraph TD\n```", "```mermaid\ngraph TD\n```"),
    ],
)
def test_no_code_falls_out_of_its_document(source: str, text: str | None) -> None:
    [block] = read_document(source)
    assert block.text == text or (text is None and "````md" in block.text)
    assert block.text.count("npm i") == source.count("npm i")


def test_code_that_is_indented_with_its_fence_is_shown_without_it() -> None:
    source = "例:\n\n    ```python\n    if a:\n        b()\n    ```\n\n後"
    assert kinds(source)[1] == ("code_block", "```python\nif a:\n    b()\n```")
    assert kinds("    ```\n    a") == [("code_block", "```\na\n```")]
    assert kinds("    a\n    ```") == [("code_block", "````\na\n```\n````")]


def test_a_document_without_an_end_ends_as_commonmark_says() -> None:
    assert kinds(f"```md\n{INNER}\n\n残り") == [
        ("fence", "````md\n```bash\nnpm i\n````"),
        ("paragraph", "残り"),
    ]


@pytest.mark.parametrize("step", [1, 2, 3, 5])
@pytest.mark.parametrize(
    "source",
    [
        f"{README}\n\n以上です。",
        f"例です。\n\n``` MDX\n{INNER}\n```\n後",
        "```mermaid\ngraph TD\n```\n後",
        "例:\n\n    ```python\n    if a:\n        b()\n    ```\n\n後です。",
        "**結論:**A案で、x**2 + y**2 と 2*3*4 を計算し、プランA**1**を選ぶ。\n\n終わり。",
        "[cite_start]文です[cite: 1, 2]。次 [cite: 3]。<https://e.com/a|見積 1>です。\n\n終わり。",
        "**https://e.com/x**を見て、これは**https://e.com/y**です。\n\n終わり。",
    ],
)
def test_what_has_settled_of_a_growing_answer_stays(source: str, step: int) -> None:
    draft, settled = IncrementalRenderer(), ""
    for end in range(step, len(source) + step, step):
        drawn = draft.draw(source[:end])
        shown = first_markdown(drawn.bodies[-1]) if drawn.bodies else ""
        assert shown.startswith(settled), (source[:end], settled, shown)
        settled = max(settled, drawn.settled(), key=len)
