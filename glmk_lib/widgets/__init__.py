"""Widgets for the notebooks, on plain ipywidgets: choose a crop, edit a template, scrub through a run, flip pictures."""

from glmk_lib.widgets.crop import CropChooser
from glmk_lib.widgets.editor import TemplateEditor
from glmk_lib.widgets.model import EditorModel
from glmk_lib.widgets.viewer import before_after, run_viewer, two_way_viewer

__all__ = ["CropChooser", "EditorModel", "TemplateEditor", "before_after", "run_viewer", "two_way_viewer"]
