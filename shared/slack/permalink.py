"""The address of a message, for people."""


def permalink(workspace_url: str, channel_id: str, ts: str, thread_ts: str | None) -> str:
    """The form of ``chat.getPermalink``, which answers members only; "" without a workspace."""
    if not workspace_url:
        return ""
    address = f"{workspace_url.rstrip('/')}/archives/{channel_id}/p{ts.replace('.', '')}"
    if thread_ts in {None, ts}:
        return address
    return f"{address}?thread_ts={thread_ts}&cid={channel_id}"
