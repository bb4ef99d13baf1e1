"""The emoji that the page shows for ``:name:``; any other name stays as it was written."""

import re

_EMOJI = {
    "+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "heart": "❤️", "tada": "🎉",
    "eyes": "👀", "rocket": "🚀", "white_check_mark": "✅", "heavy_check_mark": "✔️", "x": "❌",
    "warning": "⚠️", "bulb": "💡", "fire": "🔥", "sparkles": "✨", "robot_face": "🤖", "memo": "📝",
    "bar_chart": "📊", "chart_with_upwards_trend": "📈", "mag": "🔍", "art": "🎨", "computer": "💻",
    "information_source": "ℹ️", "question": "❓", "exclamation": "❗", "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳", "clock1": "🕐", "repeat": "🔁", "arrows_counterclockwise": "🔄",
    "zap": "⚡",
    "gear": "⚙️", "wrench": "🔧", "lock": "🔒", "key": "🔑", "link": "🔗", "no_entry": "⛔",
    "octagonal_sign": "🛑", "bell": "🔔", "pray": "🙏", "clap": "👏", "wave": "👋", "smile": "😄",
    "slightly_smiling_face": "🙂", "joy": "😂", "thinking_face": "🤔", "sob": "😭", "bow": "🙇",
    "raised_hands": "🙌", "ok_hand": "👌", "star": "⭐", "speech_balloon": "💬", "pushpin": "📌",
    "paperclip": "📎", "page_facing_up": "📄", "books": "📚", "calendar": "📅", "email": "📧",
    "small_blue_diamond": "🔹", "large_blue_circle": "🔵", "red_circle": "🔴", "100": "💯",
    "white_circle": "⚪", "large_green_circle": "🟢", "point_right": "👉", "arrow_right": "➡️",
    "thought_balloon": "💭", "globe_with_meridians": "🌐", "jp": "🇯🇵", "dart": "🎯",
    "seedling": "🌱",
}  # fmt: skip # a table, several a line
_NAME = re.compile(r":([a-z0-9_+\-]{1,60}):")


def emoji(name: str) -> str | None:
    """The character for ``name`` (a skin tone after ``::`` is ignored), or None if unknown."""
    return _EMOJI.get(name.partition("::")[0])


def replace_emoji(text: str) -> str:
    """``text`` with every known ``:name:`` as its character."""
    return _NAME.sub(lambda match: emoji(match[1]) or match[0], text)
