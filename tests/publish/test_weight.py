import cv2
import numpy as np
import pytest

from glmk_lib.publish import weight


@pytest.fixture
def pixels():
    """A picture that PNG does not press hard: (200, 300, 3) noise of few levels, enlarged."""
    levels = np.random.default_rng(0).integers(0, 4, (50, 75, 3)).astype(np.uint8)
    return np.kron(levels * 80, np.ones((4, 4, 1), np.uint8))


def png(pixels):
    return cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def test_a_lighter_picture_has_the_very_same_pixels(pixels):
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    light = weight.webp(png(opaque))
    assert len(light) < len(png(opaque))
    assert (cv2.imdecode(np.frombuffer(light, np.uint8), cv2.IMREAD_COLOR) == pixels).all()


def test_what_shines_through_stays(pixels):
    glass = np.dstack([pixels, np.full(pixels.shape[:2], 100, np.uint8)])
    seen = cv2.imdecode(np.frombuffer(weight.webp(png(glass)), np.uint8), cv2.IMREAD_UNCHANGED)
    assert (seen == glass).all()


def test_a_sheet_of_photographs_loses_what_nobody_sees(pixels, monkeypatch):
    smooth = cv2.GaussianBlur(cv2.resize(pixels, (900, 600)), (0, 0), 3)
    noisy = np.clip(smooth + np.random.default_rng(0).normal(0, 2, smooth.shape), 0, 255).astype(np.uint8)
    light = weight.webp(png(noisy))
    assert len(light) < weight.HEAVY < len(cv2.imencode(".webp", noisy, weight._LOSSLESS)[1])
    assert np.abs(cv2.imdecode(np.frombuffer(light, np.uint8), cv2.IMREAD_COLOR).astype(int) - noisy).mean() < 5


def test_what_is_no_picture_stays_as_it_is():
    assert weight.webp(b"no picture") is None


def test_a_page_asks_for_its_lighter_pictures_as_they_come_into_view(tmp_path, pixels, monkeypatch):
    monkeypatch.setattr(weight, "WORTHWHILE", 5_000)
    (tmp_path / "_images").mkdir()
    (tmp_path / "notebooks").mkdir()
    for name in ("a", "b"):
        (tmp_path / "_images" / f"{name}.png").write_bytes(png(pixels))
    (tmp_path / "_images" / "small.png").write_bytes(png(pixels[:4, :8]))
    page = tmp_path / "notebooks" / "01.html"
    page.write_text(
        '<a href="../_images/a.png"><img alt="A" src="../_images/a.png" /></a><img alt="B" width="10" src="../_images/b.png" />'
        '<img alt="S" src="../_images/small.png" />'
        '<img alt="L" src="../_static/logo.png" />'
    )
    weight.lighten(tmp_path)
    assert page.read_text() == (
        '<a href="../_images/a.webp"><img width="300" height="200" alt="A" src="../_images/a.webp" /></a>'
        '<img loading="lazy" alt="B" width="10" src="../_images/b.webp" />'
        '<img loading="lazy" width="8" height="4" alt="S" src="../_images/small.png" />'
        '<img alt="L" src="../_static/logo.png" />'
    )
    assert {path.name for path in (tmp_path / "_images").iterdir()} == {"a.webp", "b.webp", "small.png"}
