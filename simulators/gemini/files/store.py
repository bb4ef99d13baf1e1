"""The files of the Files API: each belongs to the key it was uploaded with, for 48 hours."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Literal

from simulators.gemini.config import GeminiConfig
from simulators.gemini.protocol.errors import ApiError, ErrorReply
from simulators.gemini.protocol.media import readable

LIFETIME = timedelta(hours=48)
_PROCESSED = ("audio/", "video/")

State = Literal["PROCESSING", "ACTIVE", "FAILED"]


@dataclass
class StoredFile:
    """One uploaded file."""

    id: str
    owner: str
    mime_type: str
    display_name: str
    content: bytes
    created: datetime
    ready: datetime

    def state(self, now: datetime) -> State:
        """Whether it can be used by now. What cannot be read fails once it has been looked at."""
        if now < self.ready:
            return "PROCESSING"
        return "ACTIVE" if self._is_readable else "FAILED"

    @cached_property
    def _is_readable(self) -> bool:
        return readable(self.mime_type, self.content)

    @cached_property
    def _digest(self) -> str:
        return base64.b64encode(hashlib.sha256(self.content).hexdigest().encode()).decode()

    def as_json(self, base_url: str, now: datetime) -> dict[str, Any]:
        """The file as the API shows it."""
        return {
            "name": f"files/{self.id}",
            **({"displayName": self.display_name} if self.display_name else {}),
            "mimeType": self.mime_type,
            "sizeBytes": str(len(self.content)),
            "createTime": _timestamp(self.created),
            "updateTime": _timestamp(self.created),
            "expirationTime": _timestamp(self.created + LIFETIME),
            "sha256Hash": self._digest,
            "uri": f"{base_url}/v1beta/files/{self.id}",
            "state": self.state(now),
            "source": "UPLOADED",
        }


@dataclass
class Upload:
    """A resumable upload that has begun."""

    file_id: str
    owner: str
    mime_type: str
    display_name: str
    size: int
    received: bytearray = field(default_factory=bytearray)


class FileStore:
    """What was uploaded and neither deleted nor expired; ``deleted`` names what was."""

    def __init__(self, config: GeminiConfig, now: Callable[[], datetime] | None = None) -> None:
        self._config = config
        self._now = now or (lambda: datetime.now(UTC))
        self._files: dict[str, StoredFile] = {}
        self.deleted: list[str] = []

    @property
    def files(self) -> list[StoredFile]:
        """The files there are, the newest first."""
        now = self._now()
        kept = [file for file in self._files.values() if now < file.created + LIFETIME]
        return sorted(kept, key=lambda file: file.created, reverse=True)

    def new_id(self, wanted: str) -> str:
        """An id for a file; raises ApiError for one that is taken."""
        if self._kept(wanted) is not None:
            raise ApiError(ErrorReply(409, "ALREADY_EXISTS", f"File {wanted} already exists."))
        return wanted or secrets.token_hex(6)

    def keep(self, upload: Upload) -> StoredFile:
        """The uploaded file; recordings are processed for a while before they can be used."""
        created = self._now()
        processed_s = (
            self._config.file_processing_s if upload.mime_type.startswith(_PROCESSED) else 0.0
        )
        file = StoredFile(
            upload.file_id,
            upload.owner,
            upload.mime_type,
            upload.display_name,
            bytes(upload.received),
            created,
            created + timedelta(seconds=processed_s),
        )
        self._files[file.id] = file
        return file

    def get(self, file_id: str, owner: str) -> StoredFile:
        """One's own file. Google does not tell a stranger's from one that does not exist."""
        file = self._kept(file_id)
        if file is not None and file.owner == owner:
            return file
        raise ApiError(
            ErrorReply(
                403,
                message=f"You do not have permission to access the File {file_id} or it may not "
                "exist.",
            )
        )

    def _kept(self, file_id: str) -> StoredFile | None:
        """The file of that id, unless it has expired."""
        file = self._files.get(file_id)
        return file if file is not None and self._now() < file.created + LIFETIME else None

    def usable(self, uri: str, owner: str) -> StoredFile:
        """The file a request refers to; raises ApiError for one that is not ready."""
        file = self.get(uri.rpartition("/")[2], owner)
        if file.state(self._now()) != "ACTIVE":
            message = f"The File {file.id} is not in an ACTIVE state and usage is not allowed."
            raise ApiError(ErrorReply(400, "FAILED_PRECONDITION", message))
        return file

    def delete(self, file_id: str, owner: str) -> None:
        """Forget one's own file."""
        del self._files[self.get(file_id, owner).id]
        self.deleted.append(file_id)

    def show(self, file: StoredFile, base_url: str) -> dict[str, Any]:
        """A file as the API shows it now."""
        return file.as_json(base_url, self._now())


def _timestamp(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
