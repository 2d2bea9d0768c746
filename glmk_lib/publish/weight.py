"""Lighter pages: pictures as WebP, and none fetched before a reader comes near it.

Drawings keep every pixel. Sheets of photographs, which are heavy without loss, become lossy at a quality that shows none.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

WORTHWHILE = 50_000  # bytes of a picture; of smaller ones little is saved
HEAVY = 150_000  # bytes of a picture without loss, beyond which it is one of photographs
_IMAGE = re.compile(r'<img (?P<attributes>[^>]*?src="(?P<folder>[^"]*_images/)(?P<name>[^"/]+)"[^>]*)>')
_LOSSLESS = [cv2.IMWRITE_WEBP_QUALITY, 101]  # above 100 OpenCV's encoder keeps every pixel
_LOSSY = [cv2.IMWRITE_WEBP_QUALITY, 85]


def webp(png: bytes) -> bytes | None:
    """A picture as WebP, with the same pixels unless that takes more than `HEAVY` bytes; None where it is not smaller."""
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        return None
    if pixels.ndim == 3 and pixels.shape[2] == 4 and (pixels[..., 3] == 255).all():
        pixels = np.ascontiguousarray(pixels[..., :3])  # nothing shines through: an alpha channel says nothing
    done, encoded = cv2.imencode(".webp", pixels, _LOSSLESS)
    if done and len(encoded) > HEAVY:
        done, encoded = cv2.imencode(".webp", pixels, _LOSSY)
    return encoded.tobytes() if done and len(encoded) < len(png) else None


def lighten(folder: Path) -> None:
    """Lighten the pictures in `folder`/_images, and let every page under `folder` ask for them as they come into view.

    A page states the size of each picture, so that nothing moves when it comes; the first on a page does not wait.
    """
    images = sorted((folder / "_images").glob("*.png"))
    with ThreadPoolExecutor() as pool:
        found = dict(pool.map(_lightened, images))
    for path in folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        lighter = waiting(text, found)
        if lighter != text:
            path.write_text(lighter, encoding="utf-8")


def _lightened(path: Path) -> tuple[str, tuple[str, int, int]]:
    """From the name of a PNG to that of its lighter form, which takes its place, and its width and height."""
    png = path.read_bytes()
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))  # of the header
    light = webp(png) if len(png) >= WORTHWHILE else None
    if light is None:
        return path.name, (path.name, width, height)
    path.with_suffix(".webp").write_bytes(light)
    path.unlink()
    return path.name, (path.with_suffix(".webp").name, width, height)


def waiting(page: str, images: dict[str, tuple[str, int, int]]) -> str:
    """An HTML page that asks for the pictures called in `images`, by their old names, as they come into view."""
    seen = []

    def tag(match):
        if match["name"] not in images:
            return match[0]
        name, width, height = images[match["name"]]
        attributes = match["attributes"].replace(f"_images/{match['name']}", f"_images/{name}")
        if "width=" not in attributes:
            attributes = f'width="{width}" height="{height}" {attributes}'
        if seen:
            attributes = f'loading="lazy" {attributes}'
        seen.append(name)
        return f"<img {attributes}>"

    page = _IMAGE.sub(tag, page)
    for old, (name, _, _) in images.items():  # links to a picture by itself
        page = page.replace(f"_images/{old}", f"_images/{name}") if old != name else page
    return page
