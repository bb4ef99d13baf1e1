"""Asks Cloud Monitoring in PromQL, through its Prometheus HTTP API."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from deploy.errors import MetricsUnavailable
from deploy.language import words

GOOGLE = "https://monitoring.googleapis.com"
_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Sample:
    """One series of an answer: its labels and its value now."""

    labels: Mapping[str, str]
    value: float


class Prometheus:
    """Instant queries at ``base_url`` for one project; ``session`` brings the credentials."""

    def __init__(self, session: requests.Session, project: str, base_url: str = GOOGLE) -> None:
        self._session = session
        self._url = f"{base_url}/v1/projects/{project}/location/global/prometheus/api/v1/query"

    def query(self, promql: str) -> list[Sample]:
        """Every series that ``promql`` has now, without those whose value is no number.

        Raises MetricsUnavailable.
        """
        try:
            response = self._session.post(self._url, data={"query": promql}, timeout=_TIMEOUT_S)
            answer = response.json()
        except (requests.RequestException, ValueError) as error:
            raise MetricsUnavailable(
                words(
                    f"Cloud Monitoring could not be asked ({type(error).__name__}).",
                    "Cloud Monitoring "
                    f"に問い合わせることができませんでした（{type(error).__name__}）。",
                )
            ) from error
        if response.status_code != 200 or answer.get("status") != "success":
            raise MetricsUnavailable(_refusal(response.status_code, answer, promql))
        return [sample for sample in _samples(answer["data"]) if not math.isnan(sample.value)]

    def number(self, promql: str) -> float | None:
        """The only value of ``promql``, None if there is no data. Raises MetricsUnavailable."""
        samples = self.query(promql)
        if len(samples) > 1:
            raise MetricsUnavailable(
                words(
                    f"{len(samples)} series instead of one: {promql}",
                    f"1 つのはずの系列が {len(samples)} 個あります：{promql}",
                )
            )
        return samples[0].value if samples else None


def _samples(data: Mapping[str, Any]) -> list[Sample]:
    match data["resultType"]:
        case "vector":
            return [Sample(each["metric"], float(each["value"][1])) for each in data["result"]]
        case "scalar":
            return [Sample({}, float(data["result"][1]))]
        case other:
            raise MetricsUnavailable(
                words(
                    f"Cloud Monitoring answered with a {other}.",
                    f"Cloud Monitoring が想定外の形式で応答しました：{other}",
                )
            )


def _refusal(status: int, answer: Any, promql: str) -> str:
    # Google's front answers {"error": {"message": …}}, Prometheus {"errorType": …, "error": …}.
    error = answer.get("error") if isinstance(answer, dict) else None
    why = error.get("message") if isinstance(error, dict) else error
    hint, hint_ja = (
        (
            " Ask for the role roles/monitoring.viewer.",
            "ロール roles/monitoring.viewer の付与を依頼してください。",
        )
        if status == 403
        else ("", "")
    )
    return words(
        f"Cloud Monitoring refused ({status}): {why or 'no reason given'}.{hint} Query: {promql}",
        f"Cloud Monitoring に拒否されました（{status}：{why or '理由なし'}）。"
        f"{hint_ja}クエリ：{promql}",
    )
