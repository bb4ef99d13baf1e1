"""What the Slack side says about message shortcuts, in Japanese and English."""

from typing import Final

from shared.task import Locale

ACCEPTED: Final[dict[Locale, str]] = {
    "ja": "承りました。回答は、あなたと私のダイレクトメッセージにお送りします。ほかの方には表示されません。",
    "en": "Got it. I will answer in our direct messages; nobody else sees it.",
}
