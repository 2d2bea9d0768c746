"""The README beside a track: what each file is, what made it, what its numbers mean and what they don't say."""

from glmk_lib.landmarks.track import Track

_CARD = """\
# Landmarks on {video}

{points} points on {lines} lines ({line_names}) in each of {frames:,} frames, found by a network that was trained with
*Generative Landmarks*. Nobody looked at the result.

| File | What |
| --- | --- |
| `landmarks.parquet`, `landmarks.csv` | the tidy table: frame, time, line, point, x, y, visibility, uncertainty |
| `landmarks.deeplabcut.csv`, `landmarks.deeplabcut.h5` | as DeepLabCut keeps tracks, {likelihood} |
| `landmarks.coco.json` | COCO keypoints, an image for each frame; the skeleton is the template's lines; v is {flags} |
| `overlay.mp4` | the video with the points drawn on it{hollow}, without sound |
| `track.json`, `parts/` | what made the track, and the track as the network gave it; the same command goes on from here |

Where a smoothed track was asked for, it lies in a folder of its smoother's name. The files here are never smoothed.

## Numbers

- `x` goes right, `y` down, in pixels of the whole upright frame of {width}×{height} pixels, counted from its upper left
  *edge*: the first pixel's centre is (0.5, 0.5). For a program that counts from that centre, subtract 0.5.
- `frame` counts from 0; `time` is in seconds since the first frame, as the video states it.
- Parquet and HDF5 hold every bit; files of text hold a ten-thousandth of a pixel.
{known}
## Limits

- The network knows the subject that it was trained on, in that light and crop. On another its points mean nothing.
- It places every point in every frame, also hidden ones, and also where there is nothing to find. {limits}

## Made by

| | |
| --- | --- |
| Video | `{video}`, SHA-256 `{video_sha256}` |
| Model | `{model}`, SHA-256 `{model_sha256}` |
| Visibility | {visibility} |
| Crop | {crop} |
| When | {date} |
| Code | commit `{commit}`, PyTorch {torch}, on {device} |
"""

_KNOWN = {
    "likelihood": "`likelihood` is the visibility",
    "flags": "2 for a visible point, 1 for a hidden one",
    "hollow": ", hidden ones as rings",
    "known": """\
- `visibility` is the probability that the point is seen; from 0.5 on it counts as visible. `uncertainty` is a distance in
  pixels of the same frame: on held-out marked frames 70 % of seen points lie within it of the points fitted to their paint.
  Both belong to the raw points, also where a smoothed track lies beside them.
""",
    "limits": """\
What it
  says of visibility and uncertainty was learned from paint, on training footage alone: on another subject it means nothing
  either. The truth may lie farther off than fitted points do, and on some subjects far fewer than 70 % were within the bound
  (chapter 6 of the book measures it). Plain lines say little of where *along* a line a point
  sits, so errors along the lines may be larger than paint can tell.""",
}
_NOT_KNOWN = {
    "likelihood": "without its `likelihood`",
    "flags": '2 throughout, for want of a value for "not known"',
    "hollow": "",
    "known": "- `visibility` and `uncertainty` are empty: no visibility.safetensors lay beside the model.\n",
    "limits": "Nothing\n  says here which points are visible, nor how sure the network is.",
}


def card(track: Track, made: dict) -> str:
    """The README as Markdown. `made` is the body of track.json; see `tracking.track_video`."""
    about = made["about"]
    told = _NOT_KNOWN if made["visibility"] is None else _KNOWN
    return _CARD.format(
        **told,
        visibility="not known" if made["visibility"] is None else f"`visibility.safetensors`, SHA-256 `{made['visibility']}`",
        video=track.video,
        points=len(track.template),
        lines=len(track.template.lines),
        line_names=", ".join(line.name.replace("_", " ") for line in track.template.lines),
        frames=len(track),
        width=track.size[0],
        height=track.size[1],
        video_sha256=made["video"],
        model=about["model_file"],
        model_sha256=made["model"],
        crop=about["crop_text"],
        date=about["date"],
        commit=(about["commit"] or "unknown")[:10],
        torch=about["packages"]["torch"],
        device=about["gpu"] or about["device"],
    )
