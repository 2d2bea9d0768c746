"""The virtual capture: a turning, talking head, bare or painted, with exact truth for every frame."""

from glmk_lib.studio.filming import Take, face_template, film

__all__ = ["Take", "face_template", "film"]
