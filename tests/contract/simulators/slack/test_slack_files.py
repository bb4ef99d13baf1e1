"""Uploading with slack_sdk's files_upload_v2, and downloading with and without the token."""

from dataclasses import replace
from typing import Any

from yarl import URL

from tests.support.workbenches.slack import FAST, Workbench, error_of, workbench

BEARER = {"Authorization": "Bearer xoxb-local"}


async def test_an_uploaded_file_is_shared_in_the_thread(bench: Workbench) -> None:
    asked = bench.slack.people.post("hana", "#general", "q")
    await bench.client.files_upload_v2(
        filename="答え.csv",
        content="a,b\n",
        title="表",
        channel=bench.general,
        thread_ts=asked.ts,
        initial_comment="どうぞ",
    )
    shared = bench.slack.messages("#general")[-1]
    assert (shared["subtype"], shared["text"], shared["thread_ts"]) == (
        "file_share",
        "どうぞ",
        asked.ts,
    )
    [file] = shared["files"]
    assert (file["name"], file["title"], file["size"]) == ("答え.csv", "表", 4)
    told = await bench.client.files_info(file=file["id"])
    assert told["file"]["mimetype"] == "text/csv"


async def test_an_uploaded_file_is_shared_only_after_the_call_that_shares_it() -> None:
    """Sharing is asynchronous, and the answer knows neither type nor place (bolt-js#2115)."""
    async with workbench(replace(FAST, files_shared_after_s=0.2)) as bench:
        told = await bench.client.files_getUploadURLExternal(filename="a.txt", length=1)
        async with bench.http.post(told["upload_url"], data=b"a") as response:
            assert response.status == 200
        completed = await bench.client.files_completeUploadExternal(
            files=[{"id": told["file_id"], "title": "a"}], channel_id=bench.general
        )
        [file] = completed["files"]
        assert (file["mimetype"], file["channels"], file["shares"]) == ("", [], {})
        await bench.slack.wait_for(lambda: bench.slack.messages("#general"))
        [shared] = bench.slack.messages("#general")
        assert [each["mimetype"] for each in shared["files"]] == ["text/plain"]


async def test_a_file_is_given_to_the_bearer_of_the_token(bench: Workbench) -> None:
    url = _shared_by_hana(bench)
    async with bench.http.get(url, headers=BEARER) as response:
        assert (response.content_type, await response.read()) == ("image/png", b"\x89PNG")


async def test_without_a_token_there_is_a_sign_in_page(bench: Workbench) -> None:
    url = _shared_by_hana(bench)
    async with bench.http.get(url) as response:
        assert (response.status, response.content_type) == (200, "text/html")
        assert "Sign in" in await response.text()


async def test_a_file_shared_where_the_bot_is_not_is_not_given(bench: Workbench) -> None:
    file = bench.slack.people.upload("hana", "a.png", b"\x89PNG")
    message = bench.slack.people.post("hana", "#humans-only", "", files=[file.id])
    url = bench.slack.workspace.present(message)["files"][0]["url_private"]
    async with bench.http.get(url, headers=BEARER) as response:
        assert response.content_type == "text/html"
    assert await error_of(bench.client.files_info(file=file.id)) == "not_visible"


async def test_a_redirect_leads_to_another_host_that_wants_the_token_too(
    bench: Workbench,
) -> None:
    url = _shared_by_hana(bench)
    bench.slack.files.redirects = True
    async with bench.http.get(url, headers=BEARER, allow_redirects=False) as response:
        assert response.status == 302
        target = URL(response.headers["Location"])
    assert target.host != url.host
    async with bench.http.get(target, headers=BEARER) as response:
        assert await response.read() == b"\x89PNG"
    # aiohttp drops the token on the way to another host, and gets the sign-in page.
    async with bench.http.get(url, headers=BEARER) as response:
        assert response.content_type == "text/html"


def _shared_by_hana(bench: Workbench) -> URL:
    file = bench.slack.people.upload("hana", "a.png", b"\x89PNG")
    message = bench.slack.people.post("hana", "#general", "見て", files=[file.id])
    shown: dict[str, Any] = bench.slack.workspace.present(message)
    return URL(shown["files"][0]["url_private_download"])


async def test_bytes_that_were_not_announced_are_refused(bench: Workbench) -> None:
    told = await bench.client.files_getUploadURLExternal(filename="a.txt", length=3)
    async with bench.http.post(told["upload_url"], data=b"four") as response:
        assert response.status == 400
    completing = bench.client.files_completeUploadExternal(files=[{"id": told["file_id"]}])
    assert await error_of(completing) == "file_not_found"


async def test_an_empty_file_is_not_taken(bench: Workbench) -> None:
    announcing = bench.client.files_getUploadURLExternal(filename="a.txt", length=0)
    assert await error_of(announcing) == "missing_argument"


async def test_the_app_deletes_its_own_file_and_nobody_elses(bench: Workbench) -> None:
    await bench.client.files_upload_v2(filename="a.txt", content="a", channel=bench.general)
    [file] = bench.slack.messages("#general")[-1]["files"]
    await bench.client.files_delete(file=file["id"])
    [left] = bench.slack.messages("#general")[-1]["files"]
    assert left == {"id": file["id"], "mode": "tombstone"}
    assert await error_of(bench.client.files_delete(file=file["id"])) == "file_deleted"
    hers = bench.slack.people.upload("hana", "a.png", b"\x89PNG").id
    assert await error_of(bench.client.files_delete(file=hers)) == "cant_delete_file"
