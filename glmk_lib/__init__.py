"""Generative Landmarks: landmark tracking from one video with painted lines and one without.

A user's map: `template` (points and lines), `capture` (videos in), `studio` (the virtual capture), `renderer`, `networks`,
`losses` and `training` (the method, in the paper's order), `metrics` and `figures` (what came out), `publish` (the book).
The command line is `python -m glmk_lib`; `cli` holds it. Importing this package imports none of them.
"""

__version__ = "0.1.0"
