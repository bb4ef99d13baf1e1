"""Who and what is in the workspace when it starts; the ids are the same in every run."""

import string

from simulators.slack.config import SlackConfig
from simulators.slack.state.model import Channel, User

_ALPHABET = string.digits + string.ascii_uppercase


def _id(prefix: str, name: str) -> str:
    kept = "".join(character for character in name.upper() if character in _ALPHABET)
    return f"{prefix}0{kept[:9]:0<9}"


class Seed:
    """The first users and channels of a workspace."""

    team_id = "T0MECHACHAN"
    app_id = "A0MECHACHAN"
    bot_id = "B0MECHACHAN"

    def __init__(self, config: SlackConfig) -> None:
        self._created = int(config.clock())
        self.humans = [
            User(
                _id("U", person.name),
                person.name,
                person.display_name,
                person.locale,
                person.tz,
                person.tz_offset,
                person.color,
            )
            for person in config.people
        ]
        self.bot = User(
            _id("U", config.bot_name + "bot"),
            config.bot_name,
            config.bot_display_name,
            "ja-JP",
            "Asia/Tokyo",
            32400,
            "4a5bd4",
            is_bot=True,
        )

    def channels(self) -> list[Channel]:
        """General, random, one without the bot, a private one, and each human's direct message."""
        humans = {human.id for human in self.humans}
        everybody = humans | {self.bot.id}
        named = [
            Channel(_id("C", "general"), "general", "channel", "お知らせと質問", set(everybody)),
            Channel(_id("C", "random"), "random", "channel", "雑談", set(everybody)),
            Channel(
                _id("C", "humans"), "humans-only", "channel", "ボットのいない場所", set(humans)
            ),
            Channel(_id("C", "planning"), "planning", "private", "企画", set(everybody)),
        ]
        direct = [
            Channel(
                _id("D", human.name),
                "directmessage",
                "im",
                members={human.id, self.bot.id},
                user=human.id,
            )
            for human in self.humans
        ]
        for channel in (*named, *direct):
            channel.created = self._created
        return [*named, *direct]
