"""Who and what is in the workspace when it starts; the ids are the same in every run."""

import string

from simulators.slack.config import SlackConfig
from simulators.slack.state.model import Channel, ChannelKind, User

_ALPHABET = string.digits + string.ascii_uppercase


def _id(prefix: str, name: str) -> str:
    kept = "".join(character for character in name.upper() if character in _ALPHABET)
    return f"{prefix}0{kept[:9]:0<9}"


def _channel(
    name: str, topic: str, in_english: str, members: set[str], kind: ChannelKind = "channel"
) -> Channel:
    channel_id = _id("C", name.partition("-")[0])
    return Channel(channel_id, name, kind, topic, set(members), topic_in_english=in_english)


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
            _channel("general", "お知らせと質問", "News and questions", everybody),
            _channel("random", "雑談", "Small talk", everybody),
            _channel("humans-only", "ボットのいない場所", "No bots in here", humans),
            _channel("planning", "企画", "Plans", everybody, kind="private"),
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
