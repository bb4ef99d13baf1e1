"""Questions with documents and tables: they go to the model as the text that was read in them."""

import pytest

from processor_service.attachments.selection import MEGABYTE
from processor_service.ports.conversations import ThreadMessage
from processor_service.ports.files import DocumentFormat, DocumentText
from processor_service.resilience.run_leased import Outcome
from shared.errors import FileUnusable, ModelRejected
from shared.slack.files import CANVAS_TYPE
from shared.task import TaskFile
from tests.support.questions_with_files import (
    BOOK,
    a_file,
    asked_of,
    asking,
    notes_below,
    refusing,
    world,
)


async def test_a_document_goes_to_gemini_as_the_text_that_was_read_in_it() -> None:
    here = world(表_xlsx=b"anything")
    here.documents.told = DocumentText("| 1 | 売上 |")
    assert await here.answer(asking(BOOK)) is Outcome.ANSWERED
    told = "".join(turn.text for turn in asked_of(here).turns)
    assert 'file "表.xlsx"]\n| 1 | 売上 |\n' in told
    assert notes_below(here) == []


async def test_what_was_left_out_of_a_document_is_named_below_the_answer() -> None:
    here = world(表_xlsx=b"anything")
    here.documents.told = DocumentText("| 1 | 売上 |", "売上!2001:100000")
    assert await here.answer(asking(BOOK)) is Outcome.ANSWERED
    [note] = notes_below(here)
    assert "一部だけ" in note
    assert "売上!2001:100000" in note
    assert "回答に使われていません" not in note
    assert "missing" not in "".join(turn.text for turn in asked_of(here).turns)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("file_encrypted", "パスワード"),
        ("file_no_text", "文字が含まれていません"),
        ("file_unsafe", "安全のため"),
        ("file_too_complex", "複雑すぎて"),
    ],
)
async def test_a_document_that_cannot_be_read_is_named_and_the_question_answered(
    reason: str, words: str
) -> None:
    here = world(表_xlsx=b"anything")
    here.documents.told = FileUnusable("no", reason=reason)
    assert await here.answer(asking(BOOK)) is Outcome.ANSWERED
    [note] = notes_below(here)
    assert "表.xlsx" in note
    assert words in note
    assert 'missing "表.xlsx"' in "".join(turn.text for turn in asked_of(here).turns)


async def test_documents_share_the_room_that_texts_have() -> None:
    here = world(表_xlsx=b"a" * 100, 案_docx=b"b", notes_txt=b"c" * (MEGABYTE // 2))
    notes = a_file("notes.txt", "text/plain", size=MEGABYTE // 2)
    assert await here.answer(asking(BOOK, a_file("案.docx", ""), notes)) is Outcome.ANSWERED
    assert here.documents.rooms == [MEGABYTE // 4, MEGABYTE // 2 - 100]


async def test_a_document_for_which_texts_leave_no_room_is_told() -> None:
    here = world(表_xlsx=b"a", notes_txt=b"c" * MEGABYTE)
    notes = a_file("notes.txt", "text/plain", size=MEGABYTE)
    assert await here.answer(asking(BOOK, notes)) is Outcome.ANSWERED
    assert "テキストが長すぎます" in notes_below(here)[0]


async def test_a_cut_document_that_gemini_finds_too_long_has_one_line_below_the_answer() -> None:
    here = world(表_xlsx=b"anything")
    here.documents.told = DocumentText("| 1 | 売上 |", "売上!2:9")
    here.model = refusing(ModelRejected("400", reason="question_too_long"))
    assert await here.answer(asking(BOOK)) is Outcome.ANSWERED
    [note] = notes_below(here)
    assert note.count("表.xlsx") == 1
    assert "長さ" in note


async def test_a_csv_in_the_encoding_of_excel_goes_to_gemini_as_a_table() -> None:
    here = world(売上_csv="日付,金額\n4/1,300\n".encode("cp932"))
    assert await here.answer(asking(a_file("売上.csv", "text/csv"))) is Outcome.ANSWERED
    told = "".join(turn.text for turn in asked_of(here).turns)
    assert "|  | A | B |\n|---|---|---|\n| 1 | 日付 | 金額 |\n| 2 | 4/1 | 300 |" in told


async def test_a_mail_and_a_canvas_are_read_as_what_they_are() -> None:
    here = world(転送_eml=b"mail", 議事録=b"page")
    files = a_file("転送.eml", ""), a_file("議事録", CANVAS_TYPE, size=0)
    assert await here.answer(asking(*files)) is Outcome.ANSWERED
    assert here.documents.formats == [DocumentFormat.MAIL, DocumentFormat.PAGE]


async def test_a_canvas_that_slack_does_not_give_is_named_with_what_to_do() -> None:
    here = world(議事録=FileUnusable("a page for people", reason="file_not_fetched"))
    assert await here.answer(asking(a_file("議事録", CANVAS_TYPE))) is Outcome.ANSWERED
    assert "canvas の内容を受け取れませんでした" in notes_below(here)[0]


FOLLOWING = {"thread_ts": "100.000001", "message_ts": "100.000003"}


def sent_before(*files: TaskFile) -> ThreadMessage:
    names = "".join(f"[file: {one.name}]" for one in files)
    return ThreadMessage("person", "U2", f"資料です {names}", files)


async def test_a_document_of_the_thread_is_read_beside_the_questions_own() -> None:
    here = world(表_xlsx=b"| 1 | ours |", 前_xlsx=b"| 1 | theirs |")
    here.conversation.said = [sent_before(a_file("前.xlsx", ""))]
    assert await here.answer(asking(BOOK, **FOLLOWING)) is Outcome.ANSWERED
    told = "".join(turn.text for turn in asked_of(here).turns)
    assert 'file "表.xlsx"]\n| 1 | ours |\n' in told
    assert 'file "前.xlsx" in the thread]\n| 1 | theirs |\n' in told
    assert here.documents.rooms == [MEGABYTE, MEGABYTE // 4]
    assert notes_below(here) == []


@pytest.mark.parametrize(
    "told", [FileUnusable("no", reason="file_encrypted"), DocumentText("| 1 |", "売上!2:9")]
)
async def test_what_was_not_read_of_a_document_of_the_thread_is_told_to_who_asks_about_it(
    told: DocumentText | FileUnusable,
) -> None:
    for text, lines in (("納期はいつですか", 0), ("前回の合計は？", 1)):
        here = world(前回_xlsx=b"anything")
        here.documents.told = told
        here.conversation.said = [sent_before(a_file("前回.xlsx", ""))]
        assert await here.answer(asking(text=text, **FOLLOWING)) is Outcome.ANSWERED
        assert len(notes_below(here)) == lines


async def test_a_csv_of_an_earlier_message_is_read_as_the_table_of_the_thread_that_it_is() -> None:
    here = world(売上_csv="日付,金額\n4/1,300\n".encode("cp932"), 前_xlsx=b"| 1 | theirs |")
    csv = a_file("売上.csv", "text/csv", size=100)
    here.conversation.said = [sent_before(csv, a_file("前.xlsx", ""))]
    assert await here.answer(asking(text="4 月の合計は？", **FOLLOWING)) is Outcome.ANSWERED
    told = "".join(turn.text for turn in asked_of(here).turns)
    assert (
        'file "売上.csv" in the thread]\n|  | A | B |\n|---|---|---|\n| 1 | 日付 | 金額 |' in told
    )
    assert here.documents.rooms == [MEGABYTE // 4 - 100]
    assert notes_below(here) == []


async def test_documents_of_the_thread_share_a_quarter_of_the_room() -> None:
    here = world(一_xlsx=b"a" * 100, 二_docx=b"b")
    here.conversation.said = [sent_before(a_file("二.docx", ""), a_file("一.xlsx", ""))]
    assert await here.answer(asking(**FOLLOWING)) is Outcome.ANSWERED
    assert sorted(here.documents.rooms) == [MEGABYTE // 8, MEGABYTE // 4 - 1]
