from processor_service.attachments.selection import (
    INLINE_BYTES,
    MEGABYTE,
    THREAD_TEXT_BYTES,
    FileLimits,
    Transport,
    choose,
)
from processor_service.ports.answers import OmittedFile
from shared.task import TaskFile

LIMITS = FileLimits(50 * MEGABYTE)
NO_UPLOADS = FileLimits(50 * MEGABYTE, uploads=False)


def image(name: str = "a.png", size: int = 1000) -> TaskFile:
    return TaskFile(id=name, name=name, mimetype="image/png", size=size, url="https://x")


def text(name: str = "a.txt", size: int = 1000) -> TaskFile:
    return TaskFile(id=name, name=name, mimetype="text/plain", size=size, url="https://x")


def ways(*files: TaskFile, limits: FileLimits = LIMITS) -> list[tuple[str, Transport]]:
    return [(one.file.name, one.way) for one in choose(files, (), limits).chosen]


def verdicts(*files: TaskFile, limits: FileLimits = LIMITS) -> list[OmittedFile]:
    return choose(files, (), limits).omitted


def test_small_media_go_inline_and_text_as_text() -> None:
    assert ways(image(), text()) == [("a.png", Transport.INLINE), ("a.txt", Transport.TEXT)]


def test_what_does_not_fit_into_the_request_any_more_is_uploaded() -> None:
    files = image("a.png", INLINE_BYTES), image("b.png", 1), image("c.png", 15 * MEGABYTE)
    assert [way for _, way in ways(*files)] == [
        Transport.INLINE,
        Transport.UPLOAD,
        Transport.UPLOAD,
    ]


def test_the_files_of_a_request_stay_below_twenty_megabytes_in_base64() -> None:
    chosen = choose([image(f"{n}.png", 5 * MEGABYTE) for n in range(4)], (), LIMITS)
    assert chosen.bytes_of(Transport.INLINE) * 4 / 3 < 20_000_000
    assert chosen.bytes_of(Transport.INLINE) > 0


def test_without_uploads_what_does_not_fit_is_told() -> None:
    files = image("a.png", INLINE_BYTES), image("b.png", 1)
    assert verdicts(*files, limits=NO_UPLOADS) == [OmittedFile("b.png", "files_too_large")]


def test_each_reason_against_a_file_is_told() -> None:
    files = [
        TaskFile(id="F1", gone=True),
        TaskFile(id="F2", name="計画.pages", url="https://x"),
        TaskFile(id="F5", name="計画.doc", url="https://x"),
        TaskFile(id="F6", name="課題", mimetype="application/vnd.slack-list", url="https://x"),
        TaskFile(id="F3", name="a.zip", mimetype="application/zip", url="https://x"),
        image("huge.png", 50 * MEGABYTE + 1),
        text("long.log", MEGABYTE + 1),
    ]
    assert [(one.name, one.reason) for one in verdicts(*files)] == [
        ("", "file_gone"),
        ("計画.pages", "file_office"),
        ("計画.doc", "file_old_office"),
        ("課題", "file_list"),
        ("a.zip", "file_type"),
        ("huge.png", "file_too_large"),
        ("long.log", "file_text_too_long"),
    ]


def test_all_texts_together_have_one_limit() -> None:
    half = MEGABYTE // 2
    files = text("a.txt", half), text("b.txt", half), text("c.txt", 1)
    assert verdicts(*files) == [OmittedFile("c.txt", "file_text_too_long")]


def test_files_beyond_the_tenth_are_told() -> None:
    files = [image(f"{n}.png") for n in range(12)]
    assert verdicts(*files) == [
        OmittedFile("10.png", "files_too_many"),
        OmittedFile("11.png", "files_too_many"),
    ]


def test_images_and_pdfs_of_the_thread_go_along_from_the_newest_while_they_fit() -> None:
    pdf = TaskFile(id="p", name="p.pdf", mimetype="application/pdf", size=1000, url="https://x")
    film = TaskFile(id="v", name="v.mp4", mimetype="video/mp4", size=1000, url="https://x")
    thread = [image("new.png", 8 * MEGABYTE), film, pdf, image("old.png", 7_000_000)]
    choice = choose([image("asked.png")], thread, LIMITS)
    chosen = [(one.file.name, one.from_thread) for one in choice.chosen]
    assert chosen == [("asked.png", False), ("new.png", True), ("p.pdf", True)]
    assert choice.omitted == []


def book(name: str, size: int = 1000) -> TaskFile:
    return TaskFile(id=name, name=name, size=size, url="https://x")


def test_the_newest_three_documents_of_the_thread_go_along_and_the_one_that_is_named() -> None:
    thread = [book(f"{n}月.xlsx") for n in range(10, 15)]
    choice = choose((), thread, LIMITS, "14月 の合計は？")
    assert [(one.file.name, one.named) for one in choice.chosen] == [
        ("14月.xlsx", True),
        ("10月.xlsx", False),
        ("11月.xlsx", False),
    ]
    assert {one.way for one in choice.chosen} == {Transport.DOCUMENT}
    assert all(one.from_thread for one in choice.chosen)


def test_texts_of_the_thread_count_among_its_documents_and_share_their_room() -> None:
    half = THREAD_TEXT_BYTES // 2
    csv, log = text("売上.csv", half), text("error.log", half)
    choice = choose(
        (), [csv, text("long.txt", half + 1), log, book("a.xlsx"), book("b.xlsx")], LIMITS
    )
    chosen = [(one.file.name, one.way, one.from_thread) for one in choice.chosen]
    assert chosen == [
        ("売上.csv", Transport.TEXT, True),
        ("error.log", Transport.TEXT, True),
        ("a.xlsx", Transport.DOCUMENT, True),
    ]
    assert choice.room_in_thread == 0
    assert choice.omitted == []


def test_a_text_of_the_thread_that_is_too_long_is_told_to_who_names_it() -> None:
    long = text("一覧.csv", THREAD_TEXT_BYTES + 1)
    assert choose((), [long], LIMITS, "納期は？").omitted == []
    [verdict] = choose((), [long], LIMITS, "一覧の合計は？").omitted
    assert verdict == OmittedFile("一覧.csv", "file_text_too_long")


def test_of_the_threads_unreadable_documents_only_what_the_question_names_is_told() -> None:
    thread = [book("計画.doc"), book("予算.xls"), book("huge.xlsx", 50 * MEGABYTE + 1)]
    choice = choose((), thread, LIMITS, "計画と HUGE.XLSX を比べて")
    assert choice.chosen == []
    assert [(one.name, one.reason) for one in choice.omitted] == [
        ("計画.doc", "file_old_office"),
        ("huge.xlsx", "file_too_large"),
    ]


def test_the_questions_own_documents_come_before_those_of_the_thread() -> None:
    asked = [book(f"{n}.docx") for n in range(9)]
    choice = choose(asked, [book("a.pptx"), book("b.pptx")], LIMITS, "資料")
    assert [one.file.name for one in choice.chosen][-2:] == ["8.docx", "a.pptx"]
    assert choice.omitted == []


def test_a_name_is_found_however_a_mac_spells_it() -> None:
    spelled_apart = "\u30ab\u3099\u30a4\u30c9.xlsx"
    [one] = choose((), [book(spelled_apart)], LIMITS, "ガイドの 2 行目は？").chosen
    assert one.named
