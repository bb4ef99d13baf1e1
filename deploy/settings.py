"""The settings that operators' tools share with the services."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.language import Language


class OperatorSettings(BaseSettings):
    """The settings that the services have too, from the environment and ``.env``."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    google_cloud_project: str | None = None
    slack_bot_token: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    deploy_lang: Language = "en"
