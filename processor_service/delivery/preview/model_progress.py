"""The progress of the model's stream on the way to an answer, as users see it."""

from dataclasses import dataclass

from processor_service.delivery.preview.live_preview import LivePreview
from processor_service.ports.citations import Citations


@dataclass(frozen=True)
class ModelProgress:
    """The listener of an answer's stream: its status and its task cards follow the model, and the
    ``preview`` says how far its words have come.
    """

    preview: LivePreview

    @property
    def visible(self) -> bool:
        return self.preview.visible

    @property
    def due(self) -> bool:
        return self.preview.due

    def retrying(self) -> None:
        self.preview.ctx.status.retrying()
        self.preview.ctx.cards.retrying()

    def instead(self, model: str) -> None:
        self.preview.ctx.cards.instead(model)

    def looked_up(self, found: Citations) -> None:
        self.preview.ctx.cards.looked_up(found)

    def slow(self) -> None:
        self.preview.ctx.status.slow()
        self.preview.ctx.cards.slow()

    def kept(self, *, busy: bool) -> None:
        self.preview.ctx.status.kept(busy=busy)
        self.preview.ctx.cards.kept()
