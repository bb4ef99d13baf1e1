"""The kind of a Slack conversation, as its id tells."""


def is_direct(channel_id: str) -> bool:
    """Whether it is one person's direct messages with us.

    The ids of those begin with D, of channels and groups with C or G (``defs_dm_id`` in Slack's
    github.com/slackapi/slack-api-specs, web-api).
    """
    return channel_id.startswith("D")
