"""The curl of the pages: the options that they use, sent to a simulator in Slack's place."""

import argparse
import json

import aiohttp

from tests.drills.runbooks.installation import CommandFailed

_SLACK = "https://slack.com"


async def curl(words: list[str], slack_url: str) -> str:
    """What Slack answers; raises CommandFailed if it refuses."""
    parser = argparse.ArgumentParser(prog="curl")
    for flag in ("-s", "-S"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("-X", default="GET")
    parser.add_argument("-H", required=True)
    parser.add_argument("-d")
    parser.add_argument("url")
    asked = parser.parse_args(words)
    name, _, value = asked.H.partition(": ")
    # What curl itself sends with -d.
    form = {"Content-Type": "application/x-www-form-urlencoded"} if asked.d else {}
    url = asked.url.replace(_SLACK, slack_url)
    async with (
        aiohttp.ClientSession(headers={name: value, **form}) as http,
        http.request(asked.X, url, data=asked.d) as response,
    ):
        answer = await response.json()
    if not answer["ok"]:
        raise CommandFailed(f"Slack answers {answer['error']}")
    return json.dumps(answer)
