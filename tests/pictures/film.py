"""A film of a page: screenshots on a clock, cut to what changes, saved as one GIF."""

import asyncio
import io
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.async_api import Page

EVERY_S = 0.16
# A wait is cut to this; the film says so in its caption.
LONGEST_WAIT_S = 1.2
LAST_S = 4.0
WIDTH = 1000
COLOURS = 96
LIMIT_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True)
class _Frame:
    at_s: float
    png: bytes


class Film:
    """``async with film.rolling():`` … takes ``page`` as it changes."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._frames: list[_Frame] = []
        self._camera: asyncio.Task[None] | None = None

    async def roll(self) -> None:
        """Begin to take pictures."""
        self._camera = asyncio.create_task(self._take())

    async def cut(self) -> None:
        """Stop."""
        if self._camera is not None:
            self._camera.cancel()
            with suppress(asyncio.CancelledError):
                await self._camera

    async def _take(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            self._frames.append(_Frame(began, await self.page.screenshot()))
            await asyncio.sleep(max(0.0, began + EVERY_S - loop.time()))

    def save(self, path: Path) -> Path:
        """Write the film; ValueError if it has become larger than a README may load."""
        shown: list[tuple[Image.Image, float]] = []
        for number, frame in enumerate(self._frames):
            later = self._frames[number + 1 :]
            lasts_s = later[0].at_s - frame.at_s if later else LAST_S
            if number and frame.png == self._frames[number - 1].png:
                image, before_s = shown[-1]
                limit = LONGEST_WAIT_S if later else LAST_S
                shown[-1] = (image, min(before_s + lasts_s, limit))
            else:
                shown.append((_small(frame.png), lasts_s))
        # One palette for all: pictures that differ little then differ in few bytes.
        palette = _sheet([image for image, _ in shown]).quantize(COLOURS)
        images = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image, _ in shown]
        images[0].save(
            path,
            save_all=True,
            append_images=images[1:],
            duration=[round(seconds * 1000) for _, seconds in shown],
            loop=0,
            optimize=True,
        )
        if path.stat().st_size > LIMIT_BYTES:
            raise ValueError(f"{path.name} has {path.stat().st_size} bytes, {LIMIT_BYTES} allowed.")
        return path


def _small(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png)).convert("RGB")
    return image.resize(
        (WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS
    )


def _sheet(images: list[Image.Image]) -> Image.Image:
    """The first, middle and last picture, one below the other: between them all colours occur."""
    chosen = [images[0], images[len(images) // 2], images[-1]]
    sheet = Image.new("RGB", (WIDTH, sum(image.height for image in chosen)))
    top = 0
    for image in chosen:
        sheet.paste(image, (0, top))
        top += image.height
    return sheet
