"""A track as COCO keypoints: one image and one annotation for each frame, one category with the template's points and lines.

Lin et al., "Microsoft COCO: common objects in context", ECCV 2014, and its data format for keypoint detection. Numbers of
images are frame numbers, from 0. The box is that of the points. The flag v is 2 for a visible point and 1 for a hidden one;
where that isn't known it is 2 for every point, since COCO has no value for it.
"""

import json
from pathlib import Path

import numpy as np

from glmk_lib.capture.storage import atomic_file
from glmk_lib.landmarks.track import DIGITS, VISIBLE, Track

_SUBJECT = 1  # number of the only category


def write_json(track: Track, path) -> Path:
    """Write the track as JSON, image after image: x and y to a ten-thousandth of a pixel.

    The images bear the names that `ffmpeg -i VIDEO -fps_mode passthrough -start_number 0 STEM/%06d.png` gives them.
    """
    known = (
        "v tells visible points from hidden ones" if track.visibility is not None else "whether they are visible is not known"
    )
    description = f"landmarks on {track.video} by {track.scorer}; {known}"
    head = {"info": {"description": description, "version": "1.0"}, "licenses": [], "categories": [category(track)]}
    with atomic_file(Path(path)) as made, open(made, "w", encoding="utf-8") as file:
        file.write(json.dumps(head)[:-1] + ',\n"images": [')
        _items(file, (_images(track, *piece) for piece in track.pieces(text=True)))
        file.write('],\n"annotations": [')
        _items(file, (_annotations(track, *piece) for piece in track.pieces(text=True)))
        file.write("]}\n")
    return Path(path)


def category(track: Track) -> dict:
    """COCO's category: the points' names, and as skeleton the pairs (E, 2) that lines join, counted from 1."""
    return {
        "id": _SUBJECT,
        "name": track.template.region,
        "supercategory": "landmarks",
        "keypoints": track.template.names,
        "skeleton": (track.template.edges + 1).tolist(),
    }


def _items(file, pieces):
    """The entries of a list, one a line, without brackets."""
    separator = "\n"
    for piece in pieces:
        for entry in piece:
            file.write(separator + json.dumps(entry))
            separator = ",\n"


def _images(track: Track, frames, seconds, *_):
    width, height = track.size
    for frame, time in zip(frames.tolist(), seconds.tolist(), strict=True):
        name = f"{Path(track.video).stem}/{frame:06d}.png"
        yield {"id": frame, "file_name": name, "width": width, "height": height, "time": time}


def _annotations(track: Track, frames, _, points, __):
    flags = np.full(points.shape[:2], 2)
    if track.visibility is not None:
        flags[track.visibility[frames] < VISIBLE] = 1  # not by what is rounded
    for frame, where, flag in zip(frames.tolist(), points, flags.tolist(), strict=True):
        low, extent = where.min(0), np.round(np.ptp(where, axis=0), DIGITS)
        yield {
            "id": frame + 1,  # pycocotools takes an annotation 0 for none
            "image_id": frame,
            "category_id": _SUBJECT,
            "keypoints": [value for (x, y), v in zip(where.tolist(), flag, strict=True) for value in (x, y, v)],
            "num_keypoints": len(where),
            "bbox": [*low.tolist(), *extent.tolist()],
            "area": float(extent.prod()),
            "iscrowd": 0,
        }
