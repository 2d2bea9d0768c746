"""Who is filmed: colours and proportions that follow from a region and a number, and from nothing else."""

import hashlib
from dataclasses import dataclass, field

import numpy as np

# Skin tones from light to dark, sRGB, after the ten orbs of the Monk Skin Tone scale (Monk, 2019), the lightest two left out
# as they wash out under the key light; with hair and irises that go with them.
_TONES = ("#f0d3bc", "#e6bd9f", "#d9a684", "#c48e6a", "#a87350", "#85583b", "#63402c", "#472d22")
_HAIR = (
    ("#a97c44", "#7d3f1f", "#5a3a22"), ("#8a6238", "#4a2f1e", "#6b4a2c"), ("#4a2f1e", "#2b2019", "#5a3a22"),
    ("#2b2019", "#17120f", "#3a281c"), ("#17120f", "#241812", "#0f0c0b"), ("#120f0e", "#17120f", "#1d1410"),
    ("#120f0e", "#0f0c0b", "#17120f"), ("#0f0c0b", "#120f0e", "#141010"),
)  # fmt: skip
_IRIS = ("#6f8fb0", "#4f7a8c", "#5b7f4e", "#4b3020", "#3a2416", "#2f1d12", "#2a1a12", "#24160f")
# The tone of the first persons, far apart; the others draw theirs. Identity 0 is the one the ready templates were drawn on.
_FIRST = (2, 5, 0, 7, 4)


def linear(color: str) -> np.ndarray:
    """Linear light (3,) float32 of "#rrggbb" (sRGB, IEC 61966-2-1)."""
    c = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], np.float64) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _unit(*key) -> float:
    """A number in [0, 1) that follows from the key."""
    digest = hashlib.sha256(":".join(map(str, key)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


@dataclass(frozen=True)
class Identity:
    """One person's skin, lip, nail, hair and iris as linear RGB (3,), freckles 0 to 1, and the proportions drawn so far."""

    region: str
    seed: int
    skin: np.ndarray
    lip: np.ndarray
    nail: np.ndarray
    hair: np.ndarray
    iris: np.ndarray
    freckles: float
    proportions: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, region: str, seed: int) -> "Identity":
        """The person of that number (0 or more). Colours are the same in every region: it is one person."""
        tone = _FIRST[seed] if seed < len(_FIRST) else int(len(_TONES) * _unit(seed, "tone"))
        warmth = 0.0 if seed == 0 else _unit(seed, "warmth") - 0.5
        skin = linear(_TONES[tone]) * np.array([1 + 0.08 * warmth, 1.0, 1 - 0.16 * warmth], np.float32)
        red = np.array([0.78, 0.40, 0.40], np.float32)
        rosy = 0.75 * skin * np.array([0.95, 0.60, 0.62], np.float32) + 0.25 * red * skin.mean()
        lip = rosy * (0.9 + 0.25 * _unit(seed, "lip"))
        pale = 0.1 + 0.25 * skin.mean()
        nail = (1 - pale) * skin * np.array([1.05, 0.86, 0.86], np.float32) + pale * np.array([0.80, 0.62, 0.58], np.float32)
        hair = linear(_HAIR[tone][int(3 * _unit(seed, "hair"))])
        iris = linear(_IRIS[min(7, max(0, tone + int(3 * _unit(seed, "iris")) - 1))])
        light = max(0.0, 1 - tone / 5)
        freckles = float(light * _unit(seed, "freckles"))
        return cls(region, seed, *(c.astype(np.float32) for c in (skin, lip, nail, hair, iris)), freckles)

    def draw(self, name: str, low: float, high: float) -> float:
        """A number in [low, high] that follows from region, person and name, and is kept in `proportions`.

        Identity 0 takes the middle: the ready templates are drawn on a body of middle proportions.
        """
        value = low + (high - low) * (0.5 if self.seed == 0 else _unit(self.region, self.seed, name))
        self.proportions[name] = value
        return value

    def described(self) -> dict:
        """All of it as JSON can hold it."""
        colors = {name: [round(float(c), 4) for c in getattr(self, name)] for name in ("skin", "lip", "nail", "hair", "iris")}
        return {"person": self.seed, **colors, "freckles": round(self.freckles, 4), **self.proportions}
