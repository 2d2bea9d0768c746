"""Where the points are, against where they should be: distances, normalised errors, cumulative curves."""

import numpy as np


def to_pixels(points, width: int, height: int | None = None) -> np.ndarray:
    """Points (..., 2) from [-1, 1] to pixels of a `width` x `height` frame (square by default).

    Pixel i covers [i, i + 1], so its centre is at i + 0.5: u = (x + 1) / 2 * width.
    """
    return (np.asarray(points, dtype=np.float64) + 1) / 2 * np.array([width, height or width], dtype=np.float64)


def point_error(pred, true, visible=None) -> np.ndarray:
    """`|p - g|` in pixels, (T, N); NaN where the point is hidden or not finite.

    Equation: eq-error of the book.

    Raises:
        ValueError: the arrays are not both (T, N, 2), or `visible` is not (T, N).

    Example:
        >>> point_error([[[3.0, 4.0], [1.0, 1.0]]], [[[0.0, 0.0], [1.0, 1.0]]], visible=[[True, False]])
        array([[ 5., nan]])
    """
    pred, true, visible = checked(pred, true, visible)
    return np.where(visible, np.linalg.norm(pred - true, axis=-1), np.nan)


def mean_error(pred, true, visible=None) -> float:
    """The mean of `point_error` over visible points, in pixels.

    Equation: eq-error of the book.
    """
    return nanmean(point_error(pred, true, visible))


def extent(true) -> np.ndarray:
    """The subject's extent d = sqrt(w h) in each frame, (T,), from the bounding box of its true points.

    Equation: eq-extent of the book.

    Hidden points belong to the subject too, so they count where the truth knows them.
    """
    true = np.asarray(true, dtype=np.float64)
    known = np.isfinite(true).all(-1, keepdims=True)
    low = np.where(known, true, np.inf).min(1)
    high = np.where(known, true, -np.inf).max(1)
    with np.errstate(invalid="ignore"):
        sides = np.where(high >= low, high - low, np.nan)
    return np.sqrt(sides.prod(-1))


def frame_nme(pred, true, visible=None, scale=None) -> np.ndarray:
    """Normalised mean error of each frame, (T,), as a fraction: mean over its visible points of `|p - g| / d`.

    `scale` (T,) in pixels replaces d = `extent(true)`, for example by the distance between the eyes (300-W: Sagonas et
    al., "300 Faces in-the-Wild Challenge", 2016).
    """
    return nanmean(_normalised(pred, true, visible, scale), axis=1)


def nme(pred, true, visible=None, scale=None) -> float:
    """Normalised mean error: the mean over all visible points of `|p - g| / d`, as a fraction; `scale` as in `frame_nme`.

    Equation: eq-nme of the book.
    """
    return nanmean(_normalised(pred, true, visible, scale))


def pck(pred, true, visible=None, thresholds=(0.02, 0.05, 0.1), scale=None) -> dict[float, float]:
    """Percentage of correct key points: for each threshold a, the share (0 to 1) of visible points with `|p - g| <= a d`.

    Equation: eq-pck of the book.

    Yang and Ramanan, "Articulated Human Detection with Flexible Mixtures of Parts", 2013, with d = `extent(true)`.
    """
    errors = _normalised(pred, true, visible, scale)
    errors = errors[np.isfinite(errors)]
    return {a: float(np.mean(errors <= a)) if errors.size else float("nan") for a in thresholds}


def ced(errors, limit: float = 0.08) -> tuple[np.ndarray, np.ndarray]:
    """The cumulative error distribution as the corners of its staircase: error (M,) from 0 to `limit`, share (M,) of frames.

    `errors`: normalised error of each frame (`frame_nme`). The share at e counts frames with an error of at most e.
    """
    errors = np.sort(_finite(errors))
    if not errors.size:
        return np.array([0.0, limit]), np.full(2, np.nan)
    inside = errors[errors <= limit]
    share = np.arange(len(inside) + 1) / len(errors)
    return np.concatenate([[0.0], np.repeat(inside, 2), [limit]]), np.repeat(share, 2)


def auc(errors, limit: float = 0.08) -> float:
    """Area under the cumulative error curve up to `limit`, divided by `limit`: 1 is perfect, 0 has every frame beyond it.

    Equation: eq-auc of the book.

    The integral of the empirical distribution is exact: (1/limit) int_0^limit F(e) de = mean(max(0, 1 - e / limit)).
    Yang, Zhang, Kawulok, Deng and Patras, "An Empirical Study of Recent Face Alignment Methods", 2015.
    """
    return nanmean(np.maximum(0.0, 1.0 - _finite(errors) / limit))


def failure_rate(errors, limit: float = 0.08) -> float:
    """The share of frames whose normalised error exceeds `limit`, 0 to 1."""
    return nanmean((_finite(errors) > limit).astype(np.float64))


def visibility_scores(pred_visible, true_visible) -> dict[str, float]:
    """Precision and recall of saying "this point is hidden", from two (T, N) bool arrays.

    Hidden is the positive class: most points are visible most of the time, so saying so of all of them must score 0.
    Precision is NaN when nothing was called hidden, recall is NaN when nothing was.
    """
    said, so = ~np.asarray(pred_visible, dtype=bool), ~np.asarray(true_visible, dtype=bool)
    if said.shape != so.shape:
        raise ValueError(f"predicted visibility has shape {said.shape}, true visibility {so.shape}; expected the same (T, N).")
    both = float(np.sum(said & so))
    return {
        "precision": both / said.sum() if said.any() else float("nan"),
        "recall": both / so.sum() if so.any() else float("nan"),
    }


def checked(pred, true, visible) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both point arrays as float64 (T, N, 2) and where both are finite and visible, (T, N)."""
    pred, true = np.asarray(pred, dtype=np.float64), np.asarray(true, dtype=np.float64)
    if pred.ndim != 3 or pred.shape[-1] != 2 or pred.shape != true.shape:
        raise ValueError(f"predicted points have shape {pred.shape}, true ones {true.shape}; expected the same (T, N, 2).")
    counted = np.isfinite(pred).all(-1) & np.isfinite(true).all(-1)
    if visible is not None:
        visible = np.asarray(visible, dtype=bool)
        if visible.shape != counted.shape:
            raise ValueError(f"visibility has shape {visible.shape}; expected (T, N) = {counted.shape}.")
        counted &= visible
    return pred, true, counted


def nanmean(values, axis=None):
    """The mean of what is finite, NaN where nothing is; unlike np.nanmean, without a warning."""
    values = np.asarray(values, dtype=np.float64)
    known = np.isfinite(values)
    count = known.sum(axis)
    mean = np.where(known, values, 0.0).sum(axis) / np.where(count == 0, np.nan, count)
    return float(mean) if axis is None else mean


def _normalised(pred, true, visible, scale):
    scale = extent(true) if scale is None else np.asarray(scale, dtype=np.float64)
    if scale.shape != (len(true),) or np.any(scale <= 0):
        raise ValueError(
            "a frame has no extent to divide by; expected true points that span both directions, or scale (T,) > 0."
        )
    return point_error(pred, true, visible) / scale[:, None]


def _finite(values):
    values = np.asarray(values, dtype=np.float64).ravel()
    return values[np.isfinite(values)]
