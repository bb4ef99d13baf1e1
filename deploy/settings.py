"""The settings that operators' tools share with the services."""

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


def wrong_settings(error: ValidationError) -> str:
    """The names of the wrong settings, in both languages and without their values."""
    names = ", ".join(str(each["loc"][0]).upper() for each in error.errors(include_input=False))
    known = ", ".join(LANGUAGES)
    return (
        f"{names}: not a value that is known (DEPLOY_LANG: {known}). Nothing was done.\n"
        f"{names}：使えない値です（DEPLOY_LANG は {known}）。何も実行していません。"
    )
