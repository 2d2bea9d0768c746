"""Every figure of the book. Each function takes arrays or plain numbers and returns a matplotlib Figure.

Frames are (N, H, W, 3) uint8 RGB, points (N, P, 2) in [-1, 1]; curves over time and metrics are in pixels, as `metrics`
gives them. Nothing here touches pyplot: no figure stays open, and the caller's settings are left alone.
"""

from glmk_lib.figures.capture import compare_templates, contact_sheet, draw_template, paint_figure, takes_figure
from glmk_lib.figures.check import check_figure, mistakes_figure
from glmk_lib.figures.evaluation import ablation_figure, ced_figure, comparison_bars
from glmk_lib.figures.motion import jitter_scatter, spectra_figure, trajectories_figure
from glmk_lib.figures.study import study_figure, tradeoff_figure
from glmk_lib.figures.style import BookFigure, png_bytes, unmeasured_figure
from glmk_lib.figures.traces import channel_figure, noise_figure, trace_figure
from glmk_lib.figures.training import curves_figure, cycle_figure, renderer_figure
from glmk_lib.figures.visibility import coverage_figure, hidden_figure

__all__ = [
    "BookFigure",
    "ablation_figure",
    "ced_figure",
    "channel_figure",
    "check_figure",
    "compare_templates",
    "comparison_bars",
    "contact_sheet",
    "coverage_figure",
    "curves_figure",
    "cycle_figure",
    "draw_template",
    "hidden_figure",
    "jitter_scatter",
    "mistakes_figure",
    "noise_figure",
    "paint_figure",
    "png_bytes",
    "renderer_figure",
    "spectra_figure",
    "study_figure",
    "takes_figure",
    "trace_figure",
    "tradeoff_figure",
    "trajectories_figure",
    "unmeasured_figure",
]
