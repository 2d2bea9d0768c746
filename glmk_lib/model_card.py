"""The model card of a published L_delta: data, preset, errors, intended use, limits, privacy. Every number comes from results.

After Mitchell et al., "Model cards for model reporting", 2019.
"""

from glmk_lib.capture.manifest import Entry
from glmk_lib.publish.report import number
from glmk_lib.template import Template

_TRUTH = {
    "exact": "the exact truth of the studio",
    "pseudo": "**pseudo-truth**: a detector's landmarks, smoothed over time, not the truth. A better model than the detector "
    "would be scored as worse",
}
_ROWS = {"slim": "this model", "ours": "the trained L_Δ that taught it", "supervised": "the same L_Δ, every landmark given",
         "static": "a template that never moves"}  # fmt: skip
_MEASURES = {"mean_px": "mean, px", "line_px": "across the line, px", "along_px": "along the line, px", "nme": "NME",
             "nmj": "jitter, NMJ", "retention": "motion retention"}  # fmt: skip

# How anyone uses the file: `frame` is (S, S, 3) uint8 RGB, as a camera gave it, cropped and scaled to S pixels.
USE = """\
import numpy as np, onnxruntime

session = onnxruntime.InferenceSession("landmarks-slim.onnx")
frames = np.float32(frame).transpose(2, 0, 1)[None] / 255  # frame: S×S pixels of 3 bytes, red first
points = session.run(None, {"frames": frames})[0][0]
pixels = (points + 1) / 2 * frame.shape[1]"""

_CARD = """\
# L_Δ of {title}

A network that finds {points} landmarks on {lines} lines ({line_names}) in a frame of {size}×{size} pixels.
Nobody labelled a frame: *Generative Landmarks* trained a network from one video with paint on the skin and one without, and
that network taught this small one.

| File | What | Size |
| --- | --- | --- |
| `{stem}.safetensors` | the weights, with template and settings | {bytes_safetensors:,} bytes |
| `{stem}.onnx` | the whole computation, for any runtime of ONNX, opset {opset} | {bytes_onnx:,} bytes |

`frames` are (B, 3, {size}, {size}) float32 RGB in [0, 1], any B; `points` are (B, {points}, 2) in [-1, 1], x right, y down, -1
and 1 the edges of the frame. The ONNX file's metadata hold the template's JSON, with names and lines of the points, and what
made the file. Its points differ from PyTorch's by {onnx_difference:.0e} at most.

```python
{use}
```

## Data

{shows}

{made} Licence: {licence} ({holder}; stated by {stated_by}). Consent: {consent}

Trained on {marked:,} marked and {unmarked:,} unmarked frames; {paint}. Errors are measured on {heldout_unmarked:,} unmarked
frames, and paint re-projection on {heldout_marked:,} marked ones, none of which was trained on.

## Training

Preset `{preset}`: {steps:,} steps in {minutes} minutes on {device}, seed {seed}, at commit `{commit}`, {date}.

## Errors

On held-out unmarked frames, in pixels of the {size}-pixel frame, against {truth}.

{errors}

Paint re-projection, which needs no labels: with the paint taken off held-out marked frames by G, this model's lines lie
{reprojection} px from the paint that is really there, and the paint {reprojection_back} px from the lines; the trained L_Δ's
lines lie {reprojection_ours} px from it.

## Intended use

To try the method's result without training; to check another implementation against; to track **this subject** in footage like
that it was trained on, in frames cropped as there.

## Limits

- It knows one {region}, in one light, with one camera. On another person, other skin, another crop or another pose than those
  in the data its points mean nothing, and it says nothing of how sure it is.
- It places every point in every frame, also points that are hidden, and also where there is no {region} at all.
- Paint shows where a line is, and less where *along* it a point lies: compare the two columns above.
- {stand_in}

## Privacy

{privacy}
"""
_STAND_IN = {
    "studio": "The data are computed. Skin, hair, light and motion are only as rich as the code: an error here is no promise "
    "for a real person.",
    "footage": "The paint was **simulated** on real footage: drawn by a program, along a detector's landmarks, whose mistakes "
    "it carries. Real paint cracks, smears and shines.",
}
_PRIVACY = {
    "studio": "Nobody is shown in the data. Video of a person that it is used on is that person's: ask first. Nothing here "
    "sends a frame anywhere.",
    "footage": "The model is fitted to one person, who did not agree to this use in particular (see *Consent*): it must not be "
    "used to recognise, imitate or mock anyone, and no identity should be inferred from it. No frame of the footage is "
    "published with it.",
}
_PAINT = {"studio": "the paint is the studio's", "footage": "the paint is simulated"}


def card(entry: Entry, template: Template, trained: dict, models: dict, stem: str) -> str:
    """The card as Markdown.

    Args:
        entry: the data set's entry in the manifest.
        trained: what `03_training` measured, as its results file holds it.
        models: what publishing measured, as `models.json` holds it; see `paper.publish`.
        stem: of the files' names.
    """
    slim, made = models["slim"], models["provenance"]
    return _CARD.format(
        title=entry.title[:1].lower() + entry.title[1:],
        region=entry.region,
        points=len(template),
        lines=len(template.lines),
        line_names=", ".join(line.name.replace("_", " ") for line in template.lines),
        stem=stem,
        size=models["size"],
        opset=models["opset"],
        use=USE,
        **{key: slim[key] for key in ("bytes_safetensors", "bytes_onnx", "onnx_difference")},
        shows=entry.shows,
        made=entry.made,
        licence=entry.licence.name,
        holder=entry.licence.holder,
        stated_by=entry.licence.stated_by,
        consent=entry.consent,
        **models["frames"],
        paint=_PAINT[entry.kind],
        preset=made["preset"],
        steps=trained["steps"],
        minutes=number(trained["train_seconds"] / 60),
        device=made.get("gpu") or made["device"],
        seed=made["seed"],
        commit=(made["commit"] or "unknown")[:10],
        date=made["date"][:10],
        truth=_TRUTH[trained["truth"]],
        errors=_table({"slim": slim, **trained}),
        reprojection=number(slim["reprojection_px"]),
        reprojection_back=number(slim["reprojection_back_px"]),
        reprojection_ours=number(trained["reprojection_px"]),
        stand_in=_STAND_IN[entry.kind],
        privacy=_PRIVACY[entry.kind],
    )


def _table(scores: dict[str, dict]) -> str:
    """A row for each method, a column for each measure."""
    rows = [["", *_MEASURES.values()], ["---"] * (1 + len(_MEASURES))]
    rows += [[text, *(number(scores[name][key]) for key in _MEASURES)] for name, text in _ROWS.items()]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)
