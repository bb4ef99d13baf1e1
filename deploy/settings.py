"""The settings that operators' tools share with the services."""

from typing import Final

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.language import LANGUAGES, Language


class OperatorSettings(BaseSettings):
    """The settings that the services have too, from the environment and ``.env``."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    google_cloud_project: str | None = None
    slack_bot_token: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    deploy_lang: Language = "en"


WRONG_SETTINGS: Final = (ValidationError, UnicodeDecodeError)
"""The exceptions of settings that cannot be used, or whose ``.env`` cannot be read."""


def wrong_settings(error: ValidationError | UnicodeDecodeError) -> str:
    """The names of the wrong settings, in both languages and without their values."""
    if isinstance(error, UnicodeDecodeError):
        return (
            ".env is not written in UTF-8. Save it in that encoding; nothing was done.\n"
            ".env を UTF-8 で保存し直してください。何も実行していません。"
        )
    names = ", ".join(str(each["loc"][0]).upper() for each in error.errors(include_input=False))
    known = ", ".join(LANGUAGES)
    return (
        f"{names}: not a value that is known (DEPLOY_LANG: {known}). Nothing was done.\n"
        f"{names}：使えない値です（DEPLOY_LANG は {known}）。何も実行していません。"
    )
