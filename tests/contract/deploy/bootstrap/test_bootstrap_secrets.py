"""Secrets of a project: stored once, never shown."""

import re
from pathlib import Path

from tests.support import gcloud
from tests.support.workbenches.bootstrap import BOOTSTRAP, TOLD

SECRET_KEEPER = """#!/bin/sh
# Keeps secrets as files, and notes how it was called. Knows one Redis.
echo "$*" >> "$STATE/asked"
last() {
  for word in "$@"; do case $word in --secret=*) echo "$STATE/${word#*=}.value" ;; esac; done
}
case "$*" in
  "secrets describe"*) [ -e "$STATE/$3" ] || { echo NOT_FOUND >&2; exit 1; } ;;
  "secrets create"*) touch "$STATE/$3" ;;
  *"versions describe latest"*) [ -e "$(last "$@")" ] || { echo NOT_FOUND >&2; exit 1; } ;;
  *"versions access latest"*) cat "$(last "$@")" ;;
  *"versions add"*) cat > "$STATE/$4.value" ;;
  *"value(host)"*) echo 10.0.0.3 ;;
  *"value(port)"*) echo 6378 ;;
  *"value(serverCaCerts.cert)"*) printf 'OLD\\nNEW\\n' ;;
  *get-auth-string*) echo a-password ;;
  *) exit 1 ;;
esac
"""


async def test_secrets_are_stored_once_and_never_shown(tmp_path: Path) -> None:
    stand_in = tmp_path / "bin" / "gcloud"
    stand_in.parent.mkdir()
    stand_in.write_text(SECRET_KEEPER)
    stand_in.chmod(0o755)
    state = tmp_path / "state"
    state.mkdir()
    env = gcloud.environment(tmp_path, **TOLD, STATE=str(state), SLACK_BOT_TOKEN="xoxb-hidden")
    env["PATH"] = f"{stand_in.parent}:{env['PATH']}"
    for _ in range(2):
        ran = await gcloud.run(BOOTSTRAP, "secrets", env=env)
        assert ran.code == 0, ran.err
        assert "mechachang-slack-app-token has no value yet" in ran.out
        assert "hidden" not in ran.out + ran.err
        assert "a-password" not in ran.out + ran.err
    url = (state / "mechachang-redis-url.value").read_text()
    assert url == "rediss://:a-password@10.0.0.3:6378/0"
    assert (state / "mechachang-redis-ca.value").read_text() == "OLD\nNEW"
    asked = (state / "asked").read_text()
    assert asked.count("versions add") == 4
    keys = (state / "mechachang-signing-keys.value").read_text()
    assert re.fullmatch(r"[0-9a-f]{64}", keys), "made by chance, once"
    assert keys not in asked
    assert "xoxb-hidden" not in asked
    assert "a-password" not in asked
