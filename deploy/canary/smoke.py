"""Asks a candidate whether it can work, before anybody's question reaches it."""

from typing import Final

import requests

from deploy.errors import OperationFailed
from deploy.google_access import Access
from deploy.language import words

_TIMEOUT_S: Final = 60.0
# What Google's frontend answers for a service whose ingress or invokers exclude us. Our own
# services answer none of these at this path.
_OUT_OF_REACH: Final = {401, 403, 404}


class SmokeTestFailed(OperationFailed):
    """A candidate that gets no traffic: it can't do its work."""


def smoke_test(access: Access, url: str, service_url: str) -> str:
    """What the service at ``url`` says of itself; raises SmokeTestFailed unless it is ready.

    A service with internal ingress can't be asked from outside its network: the pipeline's smoke
    job asks it from inside, and here it is judged by its first stage.
    """
    # Cloud Run keeps /healthz for itself (cloud.google.com/run, known issues), /readyz it does not.
    # Its tokens are made out to the service; a tag's address is no audience that it accepts.
    headers = access.invoker_header(service_url)
    try:
        response = requests.get(f"{url}/readyz", headers=headers, timeout=_TIMEOUT_S)
    except requests.RequestException as error:
        why = type(error).__name__
        raise SmokeTestFailed(
            words(f"{url} does not answer ({why}).", f"{url} が応答しません（{why}）。")
        ) from error
    if response.status_code in _OUT_OF_REACH:
        return words(
            f"{url} can't be asked from here ({response.status_code})",
            f"{url} にはここから問い合わせることができません（{response.status_code}）",
        )
    if response.status_code != 200:
        told = f"{response.status_code}: {response.text[:500]}"
        raise SmokeTestFailed(
            words(f"{url}/readyz answers {told}", f"{url}/readyz の応答は {told} でした")
        )
    return words(f"{url} says so too", f"{url} でも確認しました")
