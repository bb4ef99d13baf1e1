"""Which links an answer may hold, and what stands beside those that could deceive."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from processor_service.ports.answers import Answer
from processor_service.rendering.markdown.characters import neutralise
from processor_service.rendering.markdown.document import read_document
from processor_service.rendering.markdown.links import is_address
from processor_service.rendering.messages import render_answer
from tests.support.markdown.judge import addresses


def mended(source: str) -> str:
    return "".join(block.gap + block.text for block in read_document(source)).strip("\n")


@pytest.mark.parametrize(
    "target",
    [
        *("javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "file:///etc/passwd"),
        *("slack://channel?id=C1", "tel:110", "ftp://e.com/x", "//e.com/x", "/etc", "https:e.com"),
        *("vbscript:x", "補足", "a.png", "<javascript:alert(1)>"),
    ],
)
@pytest.mark.parametrize("form", ["[語]({})", "![語]({})", "[語][1]\n\n[1]: {}", "<{}>"])
def test_only_pages_of_the_web_and_mail_addresses_become_links(form: str, target: str) -> None:
    source = form.format(target)
    written = mended(source)
    assert addresses(written) == []
    assert written.replace("\u200b", "") == source


SOUP = st.lists(
    st.sampled_from(
        [
            *("[", "]", "(", ")", "![", "](", "]:", "][", "<", ">", "\n", "\n\n", " ", "`", "\\"),
            *("javascript:x", "slack://x", "https://e.com", "[1]", "[1]: ", "語", '"t"', "^"),
            *(
                "mailto:a@e.com",
                "**",
                "|",
                "> ",
                "- ",
                "$",
                "\\(",
                "\\)",
                "x^2",
                "<b>",
                "</b>",
                "<br>",
            ),
        ]
    ),
    max_size=25,
).map("".join)


@given(SOUP)
@example("![(]()")
@settings(deadline=None, max_examples=400)
def test_no_reader_finds_another_kind_of_link_in_what_is_written(source: str) -> None:
    for block in read_document(source):
        assert all(map(is_address, addresses(block.text))), block.text


@pytest.mark.parametrize(
    ("source", "behind"),
    [
        ("[https://bank.example/](https://evil.example/x)", " (evil.example)"),
        ("[bank.example](https://evil.example)", " (evil.example)"),
        ("[BANK.example へ](https://evil.example)", " (evil.example)"),
        ("[ｂａｎｋ．ｅｘａｍｐｌｅ](https://evil.example)", " (evil.example)"),
        ("[ba\u200bnk.example](https://evil.example)", " (evil.example)"),
        ("[**bank**.example](https://evil.example)", " (evil.example)"),
        ("[bank.example](https://bank.example@evil.example/)", " (evil.example)"),
        ("[http://localhost](https://evil.example)", " (evil.example)"),
        ("[192.0.2.1](https://evil.example)", " (evil.example)"),
        ("[ceo@bank.example](mailto:eve@evil.example)", " (eve@evil.example)"),
        ("[docs.bank.example](https://bank.example)", " (bank.example)"),
        ("<https://evil.example|https://bank.example>", " (evil.example)"),
        ("[bank.example][1]\n\n[1]: https://evil.example", " (evil.example)"),
        ("![bank.example](https://evil.example/a.png)", " (evil.example)"),
        ('[公式](https://e.com "題 [a](https://x)")', r" (題 \[a\](https://x))"),
        ("[https://e.com/aです](https://e.com/b)", ""),
        ("[www.e.com](https://e.com/)", ""),
        ("[Node.js](https://nodejs.org)", ""),
        ("[第3.5章 概要](https://e.com)", ""),
        ("[a@e.com](mailto:a@e.com?subject=x)", ""),
        ("[公式](https://e.com '公式')", ""),
    ],
)
def test_a_label_that_names_another_place_has_the_real_one_beside_it(
    source: str, behind: str
) -> None:
    written = mended(source)
    assert written.endswith(behind or (")", ">")[source[0] == "<"])
    assert written.count(" (") == (1 if behind else 0)
    assert mended(written) == written


def test_a_link_in_a_table_has_the_real_host_beside_it_too() -> None:
    [block] = read_document("| a |\n|---|\n| [bank.example](https://evil.example) |")
    assert block.table is not None
    assert block.table.rows[1][0].text == "bank.example (evil.example)"


ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("a\x00b\x1b[31mc\x7f\x9b", "ab[31mc"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("秘密\U000e0041\U000e0042\U000e007f", "秘密"),
        (f"旗{ENGLAND}です", f"旗{ENGLAND}です"),
        ("旗\U0001f3f4\U000e0041\U000e007f", "旗\U0001f3f4"),
        ("葛\U000e0100飾区 👩\u200d👧 \u200fשלום", "葛\U000e0100飾区 👩\u200d👧 \u200fשלום"),
        ("<\u202e!channel>", "<\u200b!channel>"),
        ("タブ\tと\n行", "タブ\tと\n行"),
    ],
)
def test_what_hides_or_turns_words_is_dropped(said: str, kept: str) -> None:
    assert neutralise(said) == kept


def test_an_answer_shows_nothing_of_it() -> None:
    [body] = render_answer(
        Answer("前\u202e後\U000e0041\n\n| 表\x1b |\n|---|\n| 値 |", "m"), "ja", 9
    )
    assert not {"\u202e", "\U000e0041", "\x1b"} & set(str([body.text, *body.blocks]))
