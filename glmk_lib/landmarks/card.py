"""The README beside a track: what each file is, what made it, what its numbers mean and what they don't say."""

from glmk_lib.landmarks.track import Track

_CARD = """\
# Landmarks on {video}

{points} points on {lines} lines ({line_names}) in each of {frames:,} frames, found by a network that was trained with
*Generative Landmarks*. Nobody looked at the result.

| File | What |
| --- | --- |
| `landmarks.parquet`, `landmarks.csv` | the tidy table: frame, time, line, point, x, y |
| `landmarks.deeplabcut.csv`, `landmarks.deeplabcut.h5` | as DeepLabCut keeps tracks, without its `likelihood` |
| `landmarks.coco.json` | COCO keypoints, an image for each frame; the skeleton is the template's lines |
| `overlay.mp4` | the video with the points drawn on it, without sound |
| `track.json`, `parts/` | what made the track, and the track as the network gave it; the same command goes on from here |

Where a smoothed track was asked for, it lies in a folder of its smoother's name. The files here are never smoothed.

## Numbers

- `x` goes right, `y` down, in pixels of the whole upright frame of {width}×{height} pixels, counted from its upper left
  *edge*: the first pixel's centre is (0.5, 0.5). For a program that counts from that centre, subtract 0.5.
- `frame` counts from 0; `time` is in seconds since the first frame, as the video states it.
- Parquet and HDF5 hold every bit; files of text hold a ten-thousandth of a pixel.

## Limits

- The network knows the subject that it was trained on, in that light and crop. On another its points mean nothing.
- It places every point in every frame, also hidden ones, and also where there is nothing to find. It doesn't know which points
  are visible, nor how sure it is, so no file says so; COCO's flag v is 2 throughout for want of a value for "not known".

## Made by

| | |
| --- | --- |
| Video | `{video}`, SHA-256 `{video_sha256}` |
| Model | `{model}`, SHA-256 `{model_sha256}` |
| Crop | {crop} |
| When | {date} |
| Code | commit `{commit}`, PyTorch {torch}, on {device} |
"""


def card(track: Track, made: dict) -> str:
    """The README as Markdown. `made` is the body of track.json; see `tracking.track_video`."""
    about = made["about"]
    return _CARD.format(
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
